// A small seeded generator for everything random in data sets. Integers in, the same bytes out on every machine and engine. Not
// for secrets, and not the dither of the arithmetic (src/arithmetic).

/**
 * sfc32 by Chris Doty-Humphrey (PractRand, public domain): 128 bits of state, 32-bit additions, shifts and rotations only.
 * Independent streams come from different (seed, stream, index).
 */
export class Random {
	#a: number;
	#b: number;
	#c: number;
	#counter = 1;

	/** @param seed, stream, index any integers; their low 32 bits count */
	constructor(seed: number, stream = 0, index = 0) {
		this.#a = seed | 0;
		this.#b = stream | 0;
		this.#c = index | 0;
		for (let i = 0; i < 15; i++) this.bits();
	}

	/** 32 random bits as an integer from 0 to 2^32 - 1. */
	bits(): number {
		const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
		this.#counter = (this.#counter + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
		return t >>> 0;
	}

	/** A number from `low` up to, not including, `high`. */
	uniform(low = 0, high = 1): number {
		return low + (high - low) * (this.bits() / 4294967296);
	}

	/** An integer from 0 to n - 1 (n up to 2^20; the bias is below n / 2^32). */
	below(n: number): number {
		return Math.floor(this.uniform() * n);
	}

	/** True with probability p. */
	chance(p: number): boolean {
		return this.uniform() < p;
	}

	/**
	 * Mean 0, variance 1, bell-shaped and bounded by 4.25: a sum of six uniforms, so that results do not depend on a
	 * logarithm's rounding.
	 */
	bell(): number {
		let sum = -3;
		for (let i = 0; i < 6; i++) sum += this.bits() / 4294967296;
		return sum * Math.SQRT2;
	}

	/** Shuffles in place (Fisher-Yates). */
	shuffle<T>(items: { length: number; [index: number]: T }): void {
		for (let i = items.length - 1; i > 0; i--) {
			const j = this.below(i + 1);
			const item = items[i]!;
			items[i] = items[j]!;
			items[j] = item;
		}
	}
}
