// Unsolicited messages of devices (docs/LINK.md, L20).
import { AlarmFlag, NO_LABEL } from "../../src/link/commands";

/** A result of the stream, as sent by the device. `lost`: events before it that did not arrive. */
export interface ResultEvent {
	step: number;
	/** Number of a label; from NO_LABEL on: there is none, the model gives values or alarms. */
	index: number;
	/** Of a detector its score. */
	margin: number;
	/** Of a detector: whether the alarm is on, and whether it began or ended here. */
	alarm: boolean;
	changed: boolean;
	outputs: Int32Array;
	lost: number;
}

/** Recorded samples of all channels from step `step` on. Steps missing before it were lost or never sampled. */
export interface RecordedEvent {
	step: number;
	samples: Int16Array;
}

/** @param view the payload, 12 bytes or more */
export function readResult(view: DataView, lost: number): ResultEvent {
	const count = Math.min(view.getUint16(6, true), (view.byteLength - 12) >> 2);
	const index = view.getUint16(4, true);
	const flags = index >= NO_LABEL ? index - NO_LABEL : 0;
	return {
		step: view.getUint32(0, true),
		index,
		alarm: (flags & AlarmFlag.ON) !== 0,
		changed: (flags & AlarmFlag.CHANGED) !== 0,
		margin: view.getUint32(8, true),
		outputs: Int32Array.from({ length: count }, (_, i) => view.getInt32(12 + 4 * i, true)),
		lost,
	};
}

/** @param view the payload, 4 bytes or more */
export function readRecorded(view: DataView): RecordedEvent {
	const count = (view.byteLength - 4) >> 1;
	return {
		step: view.getUint32(0, true),
		samples: Int16Array.from({ length: count }, (_, i) => view.getInt16(4 + 2 * i, true)),
	};
}
