// Tells values from a stream of samples, in the units of the model.
import { MAX_STREAM_SMOOTHING } from "../network/stream";
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

/** One value of a result. Floating point, for the application: no result depends on it. */
export interface EstimatedValue {
	name: string;
	value: number;
	/** "": none stated. */
	unit: string;
}

export interface Estimate {
	values: EstimatedValue[];
	/** The integers that the values are of, from the kernel or smoothed: value = output * scale + offset. */
	outputs: Int32Array;
	/** Steps since the start of the stream or the last `reset`. */
	step: number;
}

/** Where no hop is given, results come at every step when the model has outputs there, else at the window's end. */
export interface EstimatorSettings extends StreamSettings {
	/** 0 to 8: a new result moves the smoothed outputs by 2^-smoothing of the difference. Default 0, no smoothing. */
	smoothing?: number;
}

export interface EstimatorOptions extends Omit<ModelStreamOptions, "onError">, EstimatorSettings {
	onResult?: (this: Estimator, result: Estimate) => void;
	onError?: (this: Estimator, error: unknown) => void;
}

export class Estimator extends ModelStream<EstimatorSettings, Estimate> {
	readonly #outputs: Smoothed;

	/** @throws TypeError or RangeError naming the option; the kernel's errors for a refused model */
	constructor(options: EstimatorOptions) {
		checkOptions(options);
		const { model, kernel: KernelOfModel } = options;
		const settings = estimatorSettings(model, options);
		super("estimator", options, settings, new KernelOfModel(model.blob));
		this.#outputs = new Smoothed(model.outputs);
	}

	protected checked(given: EstimatorSettings): Required<EstimatorSettings> {
		return estimatorSettings(this.model, given, this.settings);
	}

	/** Unsmoothed. */
	protected now(kernel: Kernel, step: number): Estimate {
		return this.#result(this.#outputs.ofKernel(kernel), step);
	}

	protected due(kernel: Kernel, step: number): Estimate {
		return this.#result(this.#outputs.add(kernel, this.settings.smoothing), step);
	}

	protected forget(): void {
		this.#outputs.forget();
	}

	protected get keptBytes(): number {
		return this.#outputs.bytes;
	}

	protected keep(view: DataView, at: number): void {
		this.#outputs.keep(view, at);
	}

	protected recall(view: DataView, at: number): void {
		this.#outputs.recall(view, at);
	}

	#result(outputs: Int32Array, step: number): Estimate {
		const { labels, scaling } = this.model;
		const values = scaling!.map(({ scale, offset, unit }, k) => ({
			name: labels[k]!,
			value: outputs[k]! * scale + offset,
			unit,
		}));
		return { values, outputs: outputs.slice(), step };
	}
}

/** @throws TypeError when the model gives classes; RangeError naming the setting */
export function estimatorSettings(
	model: StreamModel,
	given: EstimatorSettings,
	now?: Required<EstimatorSettings>,
): Required<EstimatorSettings> {
	if (model.scaling === undefined) throw new TypeError("the model gives classes, not values");
	const smoothing = given.smoothing ?? now?.smoothing ?? 0;
	checkRange("smoothing", smoothing, MAX_STREAM_SMOOTHING);
	return { ...checkWindow(model, given, now, model.perStep ? 1 : 0), smoothing };
}
