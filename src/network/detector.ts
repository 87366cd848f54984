// Makes a forecasting network a detector: how forecast errors become a score, and the scores at which an alarm begins and ends.
// Optional in a network.
import { integer, refuse, size } from "./proof";

export interface Detector {
	/** Weight of each channel's error: a score of 256 is usual for normal data. */
	weights: Uint16Array; // (channels)
	/** A new error moves the score by 2^-smoothing of the difference; 0 to 12. */
	smoothing: number;
	/** Initial steps whose forecasts are ignored, since the network has seen too little; 0 to 65,535. */
	settling: number;
	/** Scores at which an alarm begins, and below which it ends; 1 <= release <= threshold. */
	threshold: number;
	release: number;
}

export const MAX_SMOOTHING = 12;

/**
 * @param forecasts whether the head forecasts all channels at every step @throws RangeError naming what is outside the format
 */
export function proveDetector(detector: Detector, forecasts: boolean, channels: number): void {
	if (!forecasts) refuse("detector", "is for a head that forecasts all channels at every step");
	size("detector weights", detector.weights, channels);
	integer("detector smoothing", detector.smoothing, 0, MAX_SMOOTHING);
	integer("detector settling", detector.settling, 0, 65_535);
	integer("detector threshold", detector.threshold, 1, 0xffffffff);
	integer("detector release", detector.release, 1, detector.threshold);
}
