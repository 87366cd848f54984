// Conversion of a stream's results to reports: window, hop, smoothing, consecutive results, and the margin per label. Optional
// in a network of classes; without it every window gives a report.
import { LIMITS } from "./limits";
import { INT32_MAX, integer, refuse, size } from "./proof";

export interface Reporting {
	/** Steps after which the network restarts; 0: as many as allowed. Not 0 together with the hop. */
	window: number;
	/** Steps between results, at most the window; 0: the window. */
	hop: number;
	/** A new result moves the smoothed outputs by 2^-smoothing of the difference; 0 to 8. */
	smoothing: number;
	/**
	 * Consecutive results of one label that make one report; 0: every result that reaches its threshold is reported. At most
	 * 255.
	 */
	hold: number;
	/** Minimum margin per label; BACKGROUND: never reported. */
	thresholds: Uint32Array; // (outputs)
}

export const MAX_STREAM_SMOOTHING = 8;
/** The threshold of a label that is not an event. */
export const BACKGROUND = 0xffffffff;

/** Why window and hop are invalid; undefined: they are valid. @param mean whether the head pools by the mean */
export function windowFault({ window, hop }: Reporting, mean: boolean): string | undefined {
	const most = mean ? LIMITS.meanSteps : INT32_MAX;
	if (window === 0 && hop === 0) return "has neither window nor hop";
	if (window > most) return `has a window of ${window} steps, beyond ${most}`;
	if (hop > (window || most)) return `has a hop of ${hop} steps, longer than the window`;
	return undefined;
}

/** @throws RangeError naming what is outside the format */
export function proveStream(
	stream: Reporting,
	{ outputs, scaled, mean }: { outputs: number; scaled: boolean; mean: boolean },
): void {
	if (scaled) refuse("stream", "is for a head whose outputs are labels");
	integer("stream window", stream.window, 0, INT32_MAX);
	integer("stream hop", stream.hop, 0, INT32_MAX);
	integer("stream smoothing", stream.smoothing, 0, MAX_STREAM_SMOOTHING);
	integer("stream hold", stream.hold, 0, 255);
	size("stream thresholds", stream.thresholds, outputs);
	const fault = windowFault(stream, mean);
	if (fault !== undefined) refuse("stream", fault);
}
