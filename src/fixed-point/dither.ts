// The dither generator. Dithered rounding adds a uniform value instead of one half before the shift, so that a state that moves
// by less than half a step a tick still moves on average. Every step has a seed of its own, from a linear congruential
// generator (ranqd1 of Press et al., "Numerical Recipes in C", 1992), so that steps can be computed side by side; within a step
// xorshift32 with shifts 13, 17, 5 (G. Marsaglia, "Xorshift RNGs", 2003) goes from mode to mode. One draw serves the two
// coordinates of a mode. Not for anything that must be random.

/** The seed of the step after the one with seed `s`, as an int32. */
export function nextSeed(s: number): number {
	return (Math.imul(s, 1664525) + 1013904223) | 0;
}

/** Where the generator of the step with seed `s` begins: xorshift32 would stand still at 0. */
export function ditherStart(s: number): number {
	return s | 1;
}

/** The next generator state after `s`, as an int32; s must not be 0. */
export function nextDither(s: number): number {
	s ^= s << 13;
	s ^= s >>> 17;
	s ^= s << 5;
	return s;
}

/** Dither of the real coordinate: the low 15 bits. */
export function ditherReal(s: number): number {
	return s & 0x7fff;
}

/** Dither of the imaginary coordinate: the high 15 bits. */
export function ditherImaginary(s: number): number {
	return s >>> 17;
}
