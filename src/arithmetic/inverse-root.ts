// The inverse square root of a sum of two words, from a table of 48 entries and one correction.
import { INVERSE_ROOT } from "./tables";

/**
 * root 2^(-15 - exponent) = 1 / sqrt(high 2^16 + low), with root in 2^15 to 2^16.
 * @param high @param low of the sum, 1 to 2^42 - 1; each word below 2^31, `low` may be negative
 */
export function inverseRoot(high: number, low: number): { root: number; exponent: number } {
	const top = high + (low >> 16);
	const wide = top > 0xffff;
	let word = wide ? (top << 6) | ((low & 0xffff) >> 10) : (top << 16) | (low & 0xffff);
	let exponent = wide ? 21 : 16;
	while (word >>> 24 === 0) {
		word <<= 8;
		exponent -= 4;
	}
	while (word >>> 30 === 0) {
		word <<= 2;
		exponent--;
	}
	const first = INVERSE_ROOT[(word >>> 26) - 16]!;
	// 1 - W first^2 in Q32: a small difference, which is all that is left modulo 2^32
	const error = -Math.imul(word >>> 14, first * first) | 0;
	const e = error >> 14; // Q18
	const correction = (e >> 1) + ((3 * e * e) >> 21); // e / 2 + 3 e^2 / 8
	return { root: (first << 8) + ((first * correction + 512) >> 10), exponent };
}
