// Shared by mixers of complex diagonal modes: a mode's step, and y of a head.
import { applyCoarseScale, applyScale, clamp, roundShift, symmetricMax } from "../arithmetic/arithmetic";
import { type Dither, ditherImaginary, ditherReal } from "../arithmetic/dither";
import type { Output, State } from "../network/diagonal";

/**
 * Advances mode i of x by one step: x' = saturate((Abar x + drive + rounding) >> 15).
 * @param A Abar of all modes in Q15, real and imaginary @param driveRe @param driveIm in units of 2^-15 x
 */
export function moveMode(
	{ bits, rounding }: State,
	A: Int16Array,
	x: Int16Array,
	i: number,
	driveRe: number,
	driveIm: number,
	dither: Dither,
): void {
	const most = symmetricMax(bits);
	let roundRe = 1 << 14;
	let roundIm = 1 << 14;
	if (rounding === "dithered") {
		const word = dither.next();
		roundRe = ditherReal(word);
		roundIm = ditherImaginary(word);
	}
	const a = A[2 * i]!;
	const b = A[2 * i + 1]!;
	const re = x[2 * i]!;
	const im = x[2 * i + 1]!;
	const nextRe = (Math.imul(a, re) - Math.imul(b, im) + driveRe + roundRe) | 0;
	const nextIm = (Math.imul(a, im) + Math.imul(b, re) + driveIm + roundIm) | 0;
	x[2 * i] = clamp(nextRe >> 15, -most, most);
	x[2 * i + 1] = clamp(nextIm >> 15, -most, most);
}

/** y of head h, from its modes' sum of Re(C x) and from its u. */
export function headOutput({ C, D }: Output, h: number, sum: number, u: number): number {
	const direct = applyScale(Math.imul(D.codes[h]!, u), D.scale);
	return clamp((applyCoarseScale(roundShift(sum, C.preshift), C.scale[h]!) + direct) | 0, -32767, 32767);
}
