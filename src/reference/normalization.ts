// Norms over the heads of a step: each head's residual, minus the mean where there is one, divided by the root of the sum of
// squares. 1 is 2^17.
import { applyScale, roundShift } from "../arithmetic/arithmetic";
import { inverseRoot } from "../arithmetic/inverse-root";
import type { Normalization } from "../network/normalization";

/** scale(normalized residual, with its sign) + zero of each head, to `out`, before saturation. */
export function normalize(
	{ epsilon, negative, scale, zero }: Normalization,
	centred: boolean,
	residual: Int16Array,
	out: Int32Array,
): void {
	const H = residual.length;
	let mean = 0; // in 64ths
	if (centred) {
		const sum = residual.reduce((a, b) => a + b, 0);
		mean = Math.floor((64 * sum + (H >> 1)) / H);
	}
	const near = (mean + 32) >> 6;
	const rest = mean - (near << 6);
	// The sum of the squares, in two words: high 2^16 + low.
	let low = epsilon & 0xffff;
	let high = epsilon >>> 16;
	for (const r of residual) {
		const square = Math.imul(r - near, r - near);
		low += square & 0xffff;
		high += square >>> 16;
	}
	low -= (H * rest * rest) >> 12;
	const { root, exponent } = inverseRoot(high, low);
	const shift = Math.max(exponent, 4) - 4;
	const factor = root << (shift + 4 - exponent);
	for (let h = 0; h < H; h++) {
		const d = (residual[h]! << 6) - mean;
		const product = Math.imul(d, factor >> 8) + (Math.imul(d, factor & 255) >> 8);
		const v = roundShift(product, shift);
		out[h] = applyScale(negative[h] ? -v : v, scale[h]!) + zero[h]!;
	}
}
