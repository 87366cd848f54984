// Runs a recording through the device's classifier, on the kernel: the same window, hop and smoothing.
import { Classifier, type ClassifierOptions } from "../../src/classifier/classifier";
import type { Kernel as DeviceKernel, KernelClass, Model } from "../../src/classifier/model";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import type { Recording } from "../recordings/recording";
import { resample } from "../recordings/resample";
import { type Evenness, evenSteps, newEvenness } from "../recordings/steps";
import { UserError } from "../terminal/errors";
import type { Event, Report } from "./events";

/** The host's kernel with the classifier's interface. */
export const kernelFor = (channels: number) =>
	class implements Pick<DeviceKernel, "write" | "outputs" | "reset" | "close"> {
		readonly #kernel: Kernel;

		constructor(blob: Uint8Array) {
			this.#kernel = new Kernel(blob);
		}

		write(samples: ArrayBuffer | Uint8Array, offset = 0, count = 0): void {
			const bytes = samples instanceof Uint8Array ? samples : new Uint8Array(samples);
			const part = bytes.slice(offset, offset + 2 * count * channels);
			this.#kernel.write(new Int16Array(part.buffer));
		}

		outputs(buffer: ArrayBuffer): void {
			new Int32Array(buffer).set(this.#kernel.outputs());
		}

		reset(): void {
			this.#kernel.reset();
		}

		close(): void {}
	};

/** How a recording is run. */
export interface Variant {
	/** Steps between results; 0: the window. */
	hop: number;
	smoothing: number;
}

export interface StreamRun {
	/** Labelled ranges; unlabelled steps are left out. */
	events: Event[];
	steps: number;
	/** All results of each variant, in order. */
	reports: (Variant & { results: Report[] })[];
	evenness: Evenness;
}

const BLOCK = 1024;

/** @throws UserError when window and hop do not suit the model */
function open(options: ClassifierOptions): Classifier {
	try {
		return new Classifier(options);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new UserError(`The model cannot run like this: ${error.message} (--window, --hop).`);
	}
}

/** @throws UserError when events cannot be told from what the model gives */
export function checkStreamed({ scaling }: Model): void {
	if (scaling)
		throw new UserError(
			"The model outputs values, but streams are scored by labels; evaluate it without --stream.",
		);
}

/**
 * @param window steps; 0: as many as the network allows
 * @throws UserError when recording and model do not match, or a window is needed
 */
export function runStream(
	model: Model,
	recording: Recording,
	label: string | undefined,
	window: number,
	variants: readonly Variant[],
): StreamRun {
	const { channels, input, rate, labels } = model;
	checkStreamed(model);
	if (recording.channels.length !== channels)
		throw new UserError(
			`${recording.path} has ${recording.channels.length} channels, but the model takes ${channels}.`,
		);
	if (window === 0 && variants.some(({ hop }) => hop === 0))
		throw new UserError(
			"The model is for sequences of any length: choose how it runs with --window or --hop.",
		);
	const reports = variants.map((variant) => ({ ...variant, results: [] as Report[] }));
	let base = 0; // steps before the classifiers' last reset
	let segment = 0;
	const classifiers = reports.map(({ hop, smoothing, results }) =>
		open({
			...{ model, window, hop, smoothing, threshold: 0, hold: 0 },
			kernel: kernelFor(channels) as unknown as KernelClass,
			schedule: (callback) => callback(),
			onResult: ({ step, index, margin }) =>
				results.push({ step: base + step, label: labels[index]!, margin, segment }),
		}),
	);
	const events: Event[] = [];
	let steps = 0;
	let waiting: number[] = [];
	const flush = () => {
		const samples = toSamples(input, waiting);
		for (const classifier of classifiers) classifier.write(new Uint8Array(samples.buffer));
		waiting = [];
	};
	const evenness = newEvenness();
	const even = evenSteps(recording, evenness);
	const from = recording.rate;
	let event: Event | undefined;
	for (const step of from && rate ? resample(even, from, rate) : even) {
		if (!step) {
			flush();
			for (const classifier of classifiers) classifier.reset();
			base = steps;
			segment++;
			event = undefined;
			continue;
		}
		for (const value of step.values) waiting.push(value);
		const is = step.label ?? label;
		if (is !== event?.label) {
			event = is ? { label: is, start: steps, end: steps } : undefined;
			if (event) events.push(event);
		}
		steps++;
		if (event) event.end = steps;
		if (waiting.length >= BLOCK * channels) flush();
	}
	flush();
	for (const classifier of classifiers) classifier.close();
	return { events, steps, reports, evenness };
}
