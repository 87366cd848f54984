// The dither generator: xorshift32 with shifts 13, 17, 5 (G. Marsaglia, "Xorshift RNGs", 2003), period 2^32 - 1. Dithered
// rounding adds a uniform value instead of one half before the shift, so that a state that moves by less than half a step
// a tick still moves on average. One draw serves the two coordinates of one mode. Not for anything that must be random.

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
