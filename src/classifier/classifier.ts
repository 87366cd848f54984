// Classifies a stream of samples: which class, and by what margin.
import { BACKGROUND, MAX_STREAM_SMOOTHING } from "../network/stream";
import type { Kernel, StreamModel } from "./model";
import {
	checkOptions,
	checkRange,
	checkWindow,
	ModelStream,
	type ModelStreamOptions,
	type StreamSettings,
} from "./model-stream";
import { Smoothed } from "./smoothed";

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

/** Results come at the window's end where neither the model nor options state a hop. */
export interface ClassifierSettings extends StreamSettings {
	/** 0 to 8: a new result moves the smoothed logits by 2^-smoothing of the difference. Default: the model's, else 0, no smoothing. */
	smoothing?: number;
	/** Minimum margin of a result that counts, for all labels. Default: the model's of each label, among which background never counts; else 0. */
	threshold?: number;
	/**
	 * Results in a row that count for one label and are reported, once: the last of them; 0 to 255, 0: every result that counts.
	 * Default: the model's, else 0.
	 */
	hold?: number;
}

export interface ClassifierOptions extends Omit<ModelStreamOptions, "onError">, ClassifierSettings {
	onResult?: (this: Classifier, result: Result) => void;
	onError?: (this: Classifier, error: unknown) => void;
}

/** The threshold in effect where none is given: the model's of each label. */
const OWN = -1;

export class Classifier extends ModelStream<ClassifierSettings, Result> {
	readonly #logits: Smoothed;
	/** The label of the latest result, and how many in a row have counted for it. */
	#latest = 0;
	#row = 0;

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
		const result = this.#result(this.#logits.add(kernel, this.settings.smoothing), step);
		return this.#reports(result) ? result : undefined;
	}

	/** Whether a result is to be reported; counts how many in a row count for its label. */
	#reports({ index, margin }: Result): boolean {
		const { hold, threshold } = this.settings;
		const least = threshold === OWN ? (this.model.stream?.thresholds[index] ?? 0) : threshold;
		const counts = margin >= least && least !== BACKGROUND;
		this.#row = counts ? (index === this.#latest ? this.#row : 0) + 1 : 0;
		this.#latest = index;
		return hold === 0 ? counts : this.#row === hold;
	}

	protected forget(): void {
		this.#logits.forget();
		this.#row = 0;
	}

	protected get keptBytes(): number {
		return 8 + this.#logits.bytes;
	}

	protected keep(view: DataView, at: number): void {
		view.setUint32(at, this.#latest, true);
		view.setUint32(at + 4, this.#row, true);
		this.#logits.keep(view, at + 8);
	}

	protected recall(view: DataView, at: number): void {
		this.#latest = view.getUint32(at, true);
		this.#row = view.getUint32(at + 4, true);
		this.#logits.recall(view, at + 8);
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
	model: StreamModel,
	given: ClassifierSettings,
	now?: Required<ClassifierSettings>,
): Required<ClassifierSettings> {
	if (model.scaling !== undefined) throw new TypeError("the model gives values, not classes");
	const before = now ?? model.stream;
	const smoothing = given.smoothing ?? before?.smoothing ?? 0;
	const hold = given.hold ?? before?.hold ?? 0;
	const threshold = given.threshold ?? now?.threshold ?? OWN;
	const settings = { ...checkWindow(model, given, before), smoothing, threshold, hold };
	checkRange("smoothing", smoothing, MAX_STREAM_SMOOTHING);
	checkRange("threshold", given.threshold ?? 0, 0xffffffff);
	checkRange("hold", hold, 255);
	return settings;
}
