// Watches a stream of samples for what is not normal, by the errors of the model's forecasts: alarms that begin and end, and scores.
import type { StreamModel } from "./model";
import {
	checkOptions,
	checkRange,
	checkWindow,
	ModelStream,
	type ModelStreamOptions,
	type StreamSettings,
} from "./model-stream";
import { type AlarmEvent, ScoredKernel } from "./scored-kernel";

export type { AlarmEvent } from "./scored-kernel";

export interface Watched {
	/** The greatest score since the result before; 0: none yet. */
	score: number;
	/** Whether the alarm is on. */
	alarm: boolean;
	/** Forecasts of the channels, in the units of samples. */
	outputs: Int32Array;
	/** Steps since the start of the stream or the last `reset`. */
	step: number;
}

/** Where no hop is given, results come at the window's end, or at every step when there is no window. */
export interface DetectorSettings extends StreamSettings {
	/** Score at which an alarm begins. Default: the model's. */
	threshold?: number;
	/** Score below which it ends, 1 to the threshold. Default: the model's, or where that is above the threshold given, the threshold. */
	release?: number;
}

export interface DetectorOptions extends Omit<ModelStreamOptions, "onError">, DetectorSettings {
	/** Receives the beginnings and ends of alarms. */
	onAlarm?: (this: Detector, event: AlarmEvent) => void;
	onResult?: (this: Detector, result: Watched) => void;
	onError?: (this: Detector, error: unknown) => void;
}

export class Detector extends ModelStream<DetectorSettings, Watched, ScoredKernel> {
	readonly #kernel: ScoredKernel;

	/** @throws TypeError or RangeError naming the option; the kernel's errors for a refused model */
	constructor(options: DetectorOptions) {
		checkOptions(options);
		const { model, kernel, onAlarm } = options;
		const settings = detectorSettings(model, options);
		const scored = new ScoredKernel(kernel, model, settings);
		super("detector", options, settings, scored);
		this.#kernel = scored;
		scored.onAlarm = onAlarm && ((event) => this.defer(() => onAlarm.call(this, event)));
	}

	protected checked(given: DetectorSettings): Required<DetectorSettings> {
		const settings = detectorSettings(this.model, given, this.settings);
		this.#kernel.settings = settings;
		return settings;
	}

	protected now({ greatest, alarm }: ScoredKernel, step: number): Watched {
		return this.#result(greatest, alarm, step);
	}

	protected due(kernel: ScoredKernel, step: number): Watched {
		const result = this.now(kernel, step);
		kernel.greatest = 0;
		return result;
	}

	protected forget(): void {
		this.#kernel.greatest = 0;
		this.#kernel.step = 0;
	}

	/** Everything is in the kernel's. */
	protected get keptBytes(): number {
		return 0;
	}
	protected keep(): void {}
	protected recall(): void {}

	#result(score: number, alarm: boolean, step: number): Watched {
		const outputs = new Int32Array(this.model.outputs);
		this.#kernel.outputs(outputs.buffer);
		return { score, alarm, outputs, step };
	}
}

/** @throws TypeError when the model has no detector; RangeError naming the setting */
export function detectorSettings(
	model: StreamModel,
	given: DetectorSettings,
	now?: Required<DetectorSettings>,
): Required<DetectorSettings> {
	const { detector } = model;
	if (detector === undefined) throw new TypeError("the model has no detector");
	const threshold = given.threshold ?? now?.threshold ?? detector.threshold;
	const release = given.release ?? Math.min(now?.release ?? detector.release, threshold);
	checkRange("threshold", threshold, 0xffffffff, 1);
	checkRange("release", release, threshold, 1);
	// without a window of the model's or one given, every step has a result
	const hop = model.steps > 0 || given.window !== undefined ? 0 : 1;
	return { ...checkWindow(model, given, now, hop), threshold, release };
}
