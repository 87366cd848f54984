// y Phi(y) as a code of g [A29].
import { applyScale, clamp, roundShift } from "../arithmetic/arithmetic";
import { phi } from "../arithmetic/phi";
import { PHI } from "../arithmetic/tables";
import type { GeluActivation } from "../network/gelu";

export function gelu(
	{ table, bits, scale, zero }: GeluActivation,
	y: Int16Array,
	fraction: number,
	g: Int16Array,
): void {
	const most = (1 << (bits - 1)) - 1;
	for (let h = 0; h < y.length; h++) {
		const product = roundShift(Math.imul(y[h]!, phi(PHI[table], y[h]!, fraction)), 15);
		g[h] = clamp(applyScale(product, scale) - zero, -1 - most, most);
	}
}
