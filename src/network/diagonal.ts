// Shared by mixers of complex diagonal modes: the format of the state x and the map from it to y,
// y[h] = C scale[h] sum Re(C[h] x) + D[h] u[h].
import { symmetricMax } from "../arithmetic/arithmetic";
import type { Field, Part, Size } from "./layout";
import { accumulator, codes, integer, named, size, WEIGHT_BITS, weightBits } from "./proof";

const ROUNDINGS = Object.freeze(["nearest", "dithered"] as const);

/** State: saturated to `bits` (4 to 16), rounded to nearest or dithered. */
export interface State {
	bits: number;
	rounding: (typeof ROUNDINGS)[number];
}

export interface Output {
	/** Output map of each mode, real and imaginary; the sum over a head's modes is scaled by scale[h] into y. */
	C: { bits: number; codes: Int8Array /* (H, modes, 2) */; preshift: number; scale: Uint8Array /* (H) */ };
	/** Direct term, scaled into y by one scale. */
	D: { bits: number; codes: Int8Array /* (H) */; scale: number };
}

/** Limit of the modes of a head, or of a layer where heads share them. */
export const MAX_MODES = 256;

/** Bytes of one state coordinate. */
export function coordinateBytes(bits: number): number {
	return bits <= 8 ? 1 : 2;
}

export const OUTPUT_FIELDS: readonly Field[] = Object.freeze([
	{ path: "C.bits", type: "u8", allowed: { among: WEIGHT_BITS }, about: "bits of C" },
	{ path: "C.preshift", type: "u8", allowed: { low: 0, high: 30 }, about: "preshift of C" },
	{ path: "D.bits", type: "u8", allowed: { among: WEIGHT_BITS }, about: "bits of D" },
] as const);

export const STATE_FIELDS: readonly Field[] = Object.freeze([
	{ path: "x.bits", type: "u8", allowed: { low: 4, high: 16 }, about: "bits of x" },
	{ path: "x.rounding", type: "u8", allowed: { names: ROUNDINGS }, about: "rounding of x" },
] as const);

export const DIRECT_SCALE: Field = Object.freeze({ path: "D.scale", type: "u16", about: "scale of D" });

export const C_SCALES: Part = Object.freeze({
	path: "C.scale",
	rows: 1,
	columns: "heads",
	bits: 8,
	signed: false,
	array: "u8",
	about: "scales of C",
});

export const D_CODES: Part = Object.freeze({
	path: "D.codes",
	rows: 1,
	columns: "heads",
	bits: "D.bits",
	signed: true,
	array: "i8",
	holds: "D",
	about: "D",
});

/** The codes of C; `columns` is twice the number of modes. */
export function outputCodes(columns: Size): Part {
	return {
		path: "C.codes",
		rows: "heads",
		columns,
		bits: "C.bits",
		signed: true,
		array: "i8",
		holds: "C",
		about: "C: real, then imaginary part of each mode",
	};
}

export function proveState(where: string, { bits, rounding }: State): void {
	integer(`${where} x bits`, bits, 4, 16);
	named(`${where} x rounding`, rounding, ROUNDINGS);
}

/**
 * Maximum |Abar x| plus rounding, in units of 2^-15 x: |Abar x| <= |Abar| |x| < 2^15 sqrt(2) xMax, plus half a step or a dither
 * of at most 2^15 - 1.
 */
export function rotatedBound(bits: number): number {
	return Math.ceil(32768 * Math.SQRT2 * symmetricMax(bits)) + 32767;
}

export function proveOutput(where: string, { C, D }: Output, modes: number, xBits: number, H: number): void {
	weightBits(`${where} C`, C.bits);
	size(`${where} C`, C.codes, 2 * H * modes);
	codes(`${where} C`, C.codes, C.bits);
	size(`${where} C scale`, C.scale, H);
	integer(`${where} D scale`, D.scale, 0, 65535);
	let worst = 0;
	for (let h = 0; h < H; h++) {
		let sum = 0;
		for (let i = 0; i < 2 * modes; i++) sum += Math.abs(C.codes[2 * h * modes + i]!);
		worst = Math.max(worst, sum * symmetricMax(xBits));
	}
	accumulator(`${where} C`, worst, C.preshift);
	weightBits(`${where} D`, D.bits);
	size(`${where} D`, D.codes, H);
	codes(`${where} D`, D.codes, D.bits);
}
