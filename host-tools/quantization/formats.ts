// Number formats that the quantizers of all kinds choose among.

/** Room above what calibration saw, for values that are stored in 16 bits anyway. */
export const HEADROOM = 1.25;
export const INT16_MAX = 32767;

/** The greatest coarse scale. */
export const COARSE_MAX = 240;
/** The greatest step of a code, in units of what a map gives, for which a coarse scale has room; with room for a refit. */
export const STEP_MAX = 120;

/** Fractional bits, 3 to 12, so that `most` fits an int16 and a code's `step`, both real, a coarse scale. */
export function fractionFor(most: number, step: number): number {
	return Math.max(3, Math.min(12, Math.floor(Math.log2(Math.min(INT16_MAX / most, STEP_MAX / step)))));
}

/** The step of `bits`-bit codes that clips nothing of values up to `most`. */
export function stepFor(most: number, bits: number): number {
	return most / (2 ** (bits - 1) - 1);
}
