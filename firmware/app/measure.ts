// What the application measures of itself on request. Figures only: statistics are the host's business.
import { Classifier } from "../../src/classifier/classifier";
import { goldenPlaces } from "../../src/classifier/golden";
import type { Kernel, KernelClass, Model } from "../../src/classifier/model";

/** What takes samples where they stand in the blob: the kernel itself, or the classifier over it. */
type Writer = Pick<Kernel, "write">;

/**
 * How much a clock goes on while `writer` takes `steps` steps: the samples of the first golden vector, over and over.
 * @param chunk samples a call; 0: as many at once as there are
 * @param clock never goes back but modulo 2^32
 * @returns the difference modulo 2^32, or undefined when the model has no golden vectors
 */
export function timeSteps(
	writer: Writer,
	model: Model,
	steps: number,
	chunk: number,
	clock: () => number,
): number | undefined {
	const golden = goldenPlaces(model)[0];
	if (golden === undefined) return undefined;
	const sampleBytes = 2 * model.channels;
	const { blob } = model;
	const first = golden.samples;
	const end = first + golden.steps * sampleBytes;
	const most = chunk === 0 ? golden.steps : Math.min(chunk, golden.steps);
	const bytes = most * sampleBytes;
	let at = first;
	let left = steps;
	// little beside the calls: whatever stands in this loop is measured too
	const start = clock();
	while (left > 0) {
		if (at + bytes > end) at = first;
		writer.write(blob, at, left < most ? left : most);
		at += bytes;
		left -= most;
	}
	return (clock() - start) >>> 0;
}

/** `timeSteps` through a classifier of its own that gives no results: what a stream costs beside the kernel. */
export function timeStream(
	kernel: KernelClass,
	model: Model,
	steps: number,
	chunk: number,
	clock: () => number,
): number | undefined {
	const classifier = new Classifier({ model, kernel, window: 0 });
	try {
		return timeSteps(classifier, model, steps, chunk, clock);
	} finally {
		classifier.close();
	}
}
