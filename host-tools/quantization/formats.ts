// Number formats shared by all quantizers.

/** Headroom above the calibrated range, for values stored in 16 bits anyway. */
export const HEADROOM = 1.25;
export const INT16_MAX = 32767;

/** The largest coarse scale. */
export const COARSE_MAX = 240;
/** Maximum step of a code, in units of the map's output, that a coarse scale can represent; with room for a refit. */
export const STEP_MAX = 120;

/** Fractional bits, 3 to 12, so that `max` fits an int16 and a code's `step`, both real, a coarse scale. */
export function fractionFor(max: number, step: number): number {
	return Math.max(3, Math.min(12, Math.floor(Math.log2(Math.min(INT16_MAX / max, STEP_MAX / step)))));
}

/** Step of `bits`-bit codes for values up to `max` without clipping. */
export function stepFor(max: number, bits: number): number {
	return max / (2 ** (bits - 1) - 1);
}
