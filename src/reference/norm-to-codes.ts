// A norm over the heads of a step as codes of u: its results are 1/256 of u's unit.
import { clamp, roundShift, symmetricMax } from "../arithmetic/arithmetic";
import type { NormOfStep } from "../network/norm-of-step";
import { normalize } from "./normalization";

export function normToCodes(norm: NormOfStep, centred: boolean, residual: Int16Array, u: Int16Array): void {
	const most = symmetricMax(norm.bits);
	const fine = new Int32Array(u.length);
	normalize(norm, centred, residual, fine);
	for (let h = 0; h < u.length; h++) u[h] = clamp(roundShift(fine[h]!, 8), -most, most);
}
