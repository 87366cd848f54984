// The stream that goes with what a model gives: classes, values, or a detector's scores; its results in fields of one form.
import { Classifier, settingsFor } from "./classifier";
import { Detector, detectorSettings } from "./detector";
import { Estimator, estimatorSettings } from "./estimator";
import type { KernelClass, Model } from "./model";
import type { StreamSettings } from "./model-stream";

/** A result of any stream, in integers. */
export interface StreamEvent {
	step: number;
	/** Number of the class, or what the model gives instead. */
	index: number | "values" | AlarmState;
	/** Of a class its margin, of a detector its score. */
	margin: number;
	/** As the kernel gives them, or smoothed; none where an alarm begins or ends. */
	outputs: Int32Array;
}

export interface AlarmState {
	on: boolean;
	/** Whether it began or ended here; else the event is that of a hop or a window. */
	changed: boolean;
}

/** A running stream, whatever its results are. */
export interface OpenStream {
	write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
	close(): void;
	/** Whether a result has come, reported or not. */
	readonly hasResult: boolean;
}

export interface OpenStreamOptions extends StreamSettings {
	model: Model;
	kernel: KernelClass;
	schedule?: (callback: () => void) => void;
	onEvent?: (event: StreamEvent) => void;
}

/** @throws TypeError, RangeError for settings that do not go with the model */
export function checkStream(model: Model, settings: StreamSettings): void {
	if (model.detector !== undefined) detectorSettings(model, settings);
	else if (model.scaling !== undefined) estimatorSettings(model, settings);
	else settingsFor(model, settings);
}

/** @throws as the stream's constructor */
export function openStream({ onEvent = () => {}, ...options }: OpenStreamOptions): OpenStream {
	const { model } = options;
	if (model.detector !== undefined)
		return new Detector({
			...options,
			onAlarm: ({ step, score, alarm }) =>
				onEvent({ step, index: { on: alarm, changed: true }, margin: score, outputs: new Int32Array(0) }),
			onResult: ({ step, score, alarm, outputs }) =>
				onEvent({ step, index: { on: alarm, changed: false }, margin: score, outputs }),
		});
	if (model.scaling !== undefined)
		return new Estimator({
			...options,
			onResult: ({ step, outputs }) => onEvent({ step, index: "values", margin: 0, outputs }),
		});
	// A window or hop of one's own is to look closely: every result is reported.
	const asked = options.window !== undefined || options.hop !== undefined;
	return new Classifier({
		...options,
		...(asked && { smoothing: 0, threshold: 0, hold: 0 }),
		onResult: ({ step, index, margin, logits }) => onEvent({ step, index, margin, outputs: logits }),
	});
}
