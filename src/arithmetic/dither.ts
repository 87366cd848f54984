// The dither. Dithered rounding adds a word's 15 bits instead of one half before the shift, so that a state that moves by less
// than half a step a tick still moves on average. The words are no random numbers: from step to step they go round in turns of
// the golden ratio, which spreads any few of them in a row evenly (a Kronecker sequence; L. Kuipers, H. Niederreiter, "Uniform
// Distribution of Sequences", 1974). What one step rounds up a near one rounds down, so that a slow mode, which adds up its
// roundings, adds up next to nothing: a third of the noise of independent draws (docs/ARITHMETIC.md, [A18]). From mode to mode
// they turn by the plastic ratio, so that modes do not round alike. Every step can be computed without the one before.

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

/** Dither of the imaginary coordinate: where the real one is rounded up it tends to be rounded down. */
export function ditherImaginary(s: number): number {
	return 32767 - (s >>> 17);
}

/** The words of a stream: `step` begins a step, `next` gives the word of the next dithered mode in it. */
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
