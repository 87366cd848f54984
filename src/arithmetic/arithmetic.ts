// The primitive operations of edge-ssm.int.v2 and v3 (docs/ARITHMETIC.md, section 1). Every value is an int32 and every
// result wraps modulo 2^32, as in the kernel; the packer proves that an accepted network never wraps. Independent of layers and
// blobs.

/** floor((v + 2^(s-1)) / 2^s): rounds half up. s 0 to 31, the range of a scale's shift; s = 0 returns v. */
export function roundShift(v: number, s: number): number {
	return (v + ((1 << s) >>> 1)) >> s; // unsigned: 1 << 31 is negative
}

/** Clamps v to [low, high]. */
export function clamp(v: number, low: number, high: number): number {
	return v < low ? low : v > high ? high : v;
}

/** Largest value of a symmetric signed format of `bits` bits: 2^(bits-1) - 1. The smallest is its negative. */
export function symmetricMax(bits: number): number {
	return (1 << (bits - 1)) - 1;
}

/**
 * Multiplies by a scale, a 16-bit float: bits 0 to 10 are a fraction f, bits 11 to 15 a shift s; its value is
 * (2048 + f) * 2^-s, so a relative step of 2^-11 or finer between 2^-20 and 4095.
 * |v| < 2^18 keeps the product and its rounding inside int32. Rounds half up.
 */
export function applyScale(v: number, scale: number): number {
	return roundShift(Math.imul(v, 2048 + (scale & 2047)), scale >> 11);
}

/**
 * Multiplies by a coarse scale, an 8-bit float: bits 0 to 2 are a fraction f, bits 3 to 7 a shift s; its value is
 * (8 + f) * 2^(lift-s), with a lift of 4 between 2^-24 and 240. |v| < 2^22 keeps the product and its rounding inside int32 then.
 * Rounds half up.
 */
export function applyCoarseScale(v: number, scale: number, lift = 4): number {
	return roundShift(Math.imul(v, (8 + (scale & 7)) << lift), scale >> 3);
}
