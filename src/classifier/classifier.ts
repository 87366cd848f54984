// Classifies a stream of samples: which class, and by what margin.
import type { Kernel, Model } from "./model";
import {
	checkOptions,
	checkRange,
	checkWindow,
	ModelStream,
	type ModelStreamOptions,
	type StreamSettings,
} from "./model-stream";
import { MAX_SMOOTHING, Smoothed } from "./smoothed";

export interface Result {
	index: number;
	label: string;
	/** From the kernel, or smoothed. */
	logits: Int32Array;
	/** Confidence: the largest logit minus the second largest, in logit units. */
	margin: number;
	/** Steps since the start of the stream or the last `reset`. */
	step: number;
}

/** Results come at the window's end where no hop is given. */
export interface ClassifierSettings extends StreamSettings {
	/** 0 to 8: a new result moves the smoothed logits by 2^-smoothing of the difference. Default 0, no smoothing. */
	smoothing?: number;
	/** Minimum margin to report. Default 0. */
	threshold?: number;
}

export interface ClassifierOptions extends Omit<ModelStreamOptions, "onError">, ClassifierSettings {
	onResult?: (this: Classifier, result: Result) => void;
	onError?: (this: Classifier, error: unknown) => void;
}

export class Classifier extends ModelStream<ClassifierSettings, Result> {
	readonly #logits: Smoothed;

	/** @throws TypeError or RangeError naming the option; the kernel's errors for a refused model */
	constructor(options: ClassifierOptions) {
		checkOptions(options);
		const { model, kernel: KernelOfModel } = options;
		const settings = settingsFor(model, options);
		super("classifier", options, settings, new KernelOfModel(model.blob));
		this.#logits = new Smoothed(model.outputs);
	}

	protected checked(given: ClassifierSettings): Required<ClassifierSettings> {
		return settingsFor(this.model, given, this.settings);
	}

	/** Unsmoothed. */
	protected now(kernel: Kernel, step: number): Result {
		return this.#result(this.#logits.ofKernel(kernel), step);
	}

	protected due(kernel: Kernel, step: number): Result | undefined {
		const { smoothing, threshold } = this.settings;
		const result = this.#result(this.#logits.add(kernel, smoothing), step);
		return result.margin >= threshold ? result : undefined;
	}

	protected forget(): void {
		this.#logits.forget();
	}

	protected get keptBytes(): number {
		return this.#logits.bytes;
	}

	protected keep(view: DataView, at: number): void {
		this.#logits.keep(view, at);
	}

	protected recall(view: DataView, at: number): void {
		this.#logits.recall(view, at);
	}

	#result(logits: Int32Array, step: number): Result {
		let index = 0;
		for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[index]!) index = i;
		let second = -Infinity;
		for (let i = 0; i < logits.length; i++) if (i !== index && logits[i]! > second) second = logits[i]!;
		const margin = logits.length > 1 ? logits[index]! - second : 0;
		return { index, label: this.model.labels[index]!, logits: logits.slice(), margin, step };
	}
}

/** @throws TypeError when the model gives values; RangeError naming the setting */
export function settingsFor(
	model: Model,
	given: ClassifierSettings,
	now?: Required<ClassifierSettings>,
): Required<ClassifierSettings> {
	if (model.scaling !== undefined) throw new TypeError("the model gives values, not classes");
	const smoothing = given.smoothing ?? now?.smoothing ?? 0;
	const threshold = given.threshold ?? now?.threshold ?? 0;
	const settings = { ...checkWindow(model, given, now), smoothing, threshold };
	checkRange("smoothing", smoothing, MAX_SMOOTHING);
	checkRange("threshold", threshold, 0xffffffff);
	return settings;
}
