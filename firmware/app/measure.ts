// What the application measures of itself on request. Raw figures only: the host does the statistics.
import { goldenPlaces } from "../../src/classifier/golden";
import type { Kernel, KernelClass, Model } from "../../src/classifier/model";
import { openStream } from "../../src/classifier/open-stream";

/** Takes samples in place from the blob: the kernel itself, or the model's stream over it. */
type Writer = Pick<Kernel, "write">;

/**
 * Clock ticks that `writer` takes for `steps` steps, repeating the samples of the first golden vector.
 * @param chunk samples per call; 0: as many at once as there are
 * @param clock monotonic modulo 2^32
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
	const maximum = chunk === 0 ? golden.steps : Math.min(chunk, golden.steps);
	const bytes = maximum * sampleBytes;
	let at = first;
	let left = steps;
	// keep this loop small: its cost is measured too
	const start = clock();
	while (left > 0) {
		if (at + bytes > end) at = first;
		writer.write(blob, at, left < maximum ? left : maximum);
		at += bytes;
		left -= maximum;
	}
	return (clock() - start) >>> 0;
}

/** `timeSteps` through a separate stream that reports no results: its cost on top of the kernel's. */
export function timeStream(
	kernel: KernelClass,
	model: Model,
	steps: number,
	chunk: number,
	clock: () => number,
): number | undefined {
	const stream = openStream({ model, kernel, window: 0, hop: 0 });
	try {
		return timeSteps(stream, model, steps, chunk, clock);
	} finally {
		stream.close();
	}
}
