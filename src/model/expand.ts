// What the stored codes of one mode mean: Abar in Q15 and its input gain (docs/ARITHMETIC.md, sections 3 and 4).
import { roundShift } from "../fixed-point/arithmetic";
import { polarToCartesian } from "../fixed-point/polar";
import { GAIN } from "../fixed-point/tables";
import type { S4dLayer } from "./network";

/** Writes Abar (real, imaginary) of mode i (h N + n) of head h to out[at], out[at + 1], in Q15. */
export function expandA(A: S4dLayer["A"], h: number, i: number, out: Int16Array, at: number): void {
	if (A.format === "polar") {
		const radius = A.radiusOffset[h]! + A.radius[i]! * A.radiusStep[h]!;
		polarToCartesian(radius, roundShift(A.phase[i]! * A.phaseSpan[h]!, A.phaseBits), out, at);
	} else {
		out[at] = A.codes[2 * i]! << (16 - A.bits);
		out[at + 1] = A.codes[2 * i + 1]! << (16 - A.bits);
	}
}

/** The input gain of mode i (h N + n) of head h, the head's shift included. */
export function expandB(B: S4dLayer["B"], h: number, i: number): number {
	const code = B.codes[i]!;
	return (B.bits === 4 ? GAIN[code]! : code) << B.shift[h]!;
}
