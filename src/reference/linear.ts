// One row of a linear map [A8].
import { applyCoarseScale, roundShift } from "../arithmetic/arithmetic";
import type { Linear } from "../network/linear";

/** Row `row` of the map over `input`, in units of the output, before saturation. */
export function linearRow(linear: Linear, row: number, input: ArrayLike<number>): number {
	let acc = 0;
	for (let i = 0, w = row * linear.columns; i < linear.columns; i++, w++)
		acc = (acc + Math.imul(linear.weights[w]!, input[i]!)) | 0;
	return (applyCoarseScale(roundShift(acc, linear.preshift), linear.scale[row]!) + linear.bias[row]!) | 0;
}
