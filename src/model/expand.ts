// What the stored codes of one mode mean: Abar in Q15 and its input gain (docs/ARITHMETIC.md, sections 3 and 4).
import { clamp, roundShift } from "../fixed-point/arithmetic";
import { polarToCartesian } from "../fixed-point/polar";
import { GAIN } from "../fixed-point/tables";
import type { S4dLayer } from "./network";

/** The phase of a head's first harmonic, 2^-16 turn: a float of 6 mantissa bits (low) and 4 exponent bits. */
export function phaseBaseValue(code: number): number {
	const exponent = code >> 6;
	return exponent ? (64 + (code & 63)) << (exponent - 1) : code;
}

/** Writes Abar (real, imaginary) of mode n of head h, one of N, in Q15 to out[at], out[at + 1]. */
export function expandA(
	A: S4dLayer["A"],
	h: number,
	n: number,
	N: number,
	out: { [index: number]: number },
	at: number,
): void {
	const i = h * N + n;
	if (A.format === "polar") {
		const radius = Math.min(255, A.radiusOffset[h]! + A.radius[i]! * A.radiusStep);
		const place = (n << A.phaseShift) + A.phase[i]!;
		const angle = roundShift(Math.imul(place, phaseBaseValue(A.phaseBase[h]!)), A.phaseShift);
		polarToCartesian(radius, clamp(angle, 0, 32768), out, at);
	} else {
		out[at] = A.codes[2 * i]! << (16 - A.bits);
		out[at + 1] = A.codes[2 * i + 1]! << (16 - A.bits);
	}
}

/** floor(log2 v) of v in 1 to 2^32 - 1. */
function log2(v: number): number {
	return 31 - Math.clz32(v);
}

/**
 * The input gain that a pole suggests: half-octaves of ((1 - |Abar|^2) |1 - Abar|)^(1/2), the inverse of the geometric mean of
 * how much a mode gathers at rest and in resonance, and `shift` half-octaves more.
 * @param re @param im Abar in Q15 @param shift 0 to 34 @returns 1 to 181 * 2^16
 */
export function derivedGain(re: number, im: number, shift: number): number {
	const square = Math.max(1, (1 << 30) - Math.imul(re, re) - Math.imul(im, im));
	const near = (32768 - re) >> 1;
	const distance = (Math.imul(near, near) + Math.imul(im >> 1, im >> 1)) | 1;
	const halfOctaves = clamp(((2 * log2(square) + log2(distance)) >> 1) + shift - 20, 0, 46);
	return ((halfOctaves & 1 ? 181 : 128) << (halfOctaves >> 1)) >>> 7;
}

/**
 * The input gain of mode i (h N + n) of head h, the head's shift included.
 * @param re @param im Abar of the mode in Q15
 */
export function expandB(B: S4dLayer["B"], h: number, i: number, re: number, im: number): number {
	const shift = B.shift[h]!;
	const code = B.codes[i]!;
	if (B.bits <= 2) return derivedGain(re, im, shift + code);
	return (B.bits === 4 ? GAIN[code]! : code) << shift;
}
