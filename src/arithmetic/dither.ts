// The dither. Dithered rounding adds a word's upper 15 bits instead of one half before the shift, so that a state that moves
// by less than half a quantization step still moves on average. The words are a low-discrepancy (Kronecker) sequence, not
// random numbers: each step adds the golden ratio modulo 1 (L. Kuipers, H. Niederreiter, "Uniform Distribution of
// Sequences", 1974). Roundings of nearby steps cancel, so a slow mode, which sums them, gets a third of the noise of
// independent draws (docs/ARITHMETIC.md, [A18]). From mode to mode the words advance by the plastic ratio, so that modes do
// not round alike. Every step can be computed without the one before.

/** The word of the step after the one whose word is `s`, as an int32: 2^32 / 1.6180339887 further. */
export function nextStep(s: number): number {
	return (s + 0x9e3779b9) | 0;
}

/** The word of the mode after the one with the word `s`, as an int32: 2^32 / 1.3247179572 further. */
export function nextMode(s: number): number {
	return (s + 0xc13fa9a9) | 0;
}

/** Dither of the real coordinate, 0 to 32767: the word's upper 15 bits. */
export function ditherReal(s: number): number {
	return s >>> 17;
}

/** Dither of the imaginary coordinate: tends to round down where the real one rounds up. */
export function ditherImaginary(s: number): number {
	return 32767 - (s >>> 17);
}

/** The words of a stream: `step` starts a step, `next` returns the word of its next dithered mode. */
export class Dither {
	/** Word before the first mode of the next step. */
	seed = 0;
	#word = 0;

	step(): void {
		this.#word = this.seed;
		this.seed = nextStep(this.seed);
	}

	next(): number {
		return (this.#word = nextMode(this.#word));
	}
}
