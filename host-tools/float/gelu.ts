// GELU and its approximations: by erf, its tanh form, x sigmoid(1.702 x), or x clip(x + 2, 0, 4) / 4.
import type { PhiTable } from "../../src/network/gelu";
import type { FloatActivationKind } from "./kind";
import { sigmoid } from "./linear";

export interface FloatGelu {
	kind: "gelu";
	table: PhiTable;
}

/** erf by its everywhere-positive series (Abramowitz and Stegun 7.1.6): exact to the last digits, no table of constants. */
function erf(x: number): number {
	const square = x * x;
	if (square > 36) return Math.sign(x);
	let term = x;
	let sum = x;
	for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * square) / (2 * n + 1);
	return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

export const FUNCTIONS: Record<PhiTable, (y: number) => number> = {
	gelu: (y) => 0.5 * y * (1 + erf(y * Math.SQRT1_2)),
	gelu_tanh: (y) => 0.5 * y * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (y + 0.044715 * y * y * y))),
	gelu_sigmoid: (y) => y * sigmoid(1.702 * y),
	qgelu: (y) => (y * Math.max(0, Math.min(4, y + 2))) / 4,
};

export const gelu: FloatActivationKind<FloatGelu> = {
	tensors: () => [],
	apply: ({ table }) => FUNCTIONS[table],
};
