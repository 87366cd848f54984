// A linear map in floating point.
import type { Tensor } from "./kind";

/** out (rows) = weight (rows, columns) input + bias. */
export function applyLinear(
	weight: Float64Array,
	bias: Float64Array,
	input: Float64Array,
	out: Float64Array,
	columns: number,
): void {
	for (let r = 0, k = 0; r < out.length; r++) {
		let sum = bias[r]!;
		for (let c = 0; c < columns; c++) sum += weight[k++]! * input[c]!;
		out[r] = sum;
	}
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The tensors `weight` and `bias` of a linear map. */
export function linearTensors(name: string, rows: number, ...columns: number[]): Tensor[] {
	return [
		{ name: `${name}.weight`, shape: [rows, ...columns], fields: ["weight"], role: "parameter" },
		{ name: `${name}.bias`, shape: [rows], fields: ["bias"], role: "parameter" },
	];
}
