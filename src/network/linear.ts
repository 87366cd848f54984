// A linear map of packed weights, used by encoders, channel mixers and heads:
// out[row] = applyCoarseScale(roundShift(sum w input, preshift), scale[row]) + bias[row].
import { frozen } from "./frozen";
import { align4, type Field, getPath, type Part, type Size } from "./layout";
import { accumulator, codes, integer, refuse, shifted, size, WEIGHT_BITS, weightBits } from "./proof";

/** rows x columns weights of `bits` bits in two's complement, row-major. */
export interface Linear {
	rows: number;
	columns: number;
	bits: number;
	weights: Int8Array; // (rows, columns)
	preshift: number; // 0 to 30: brings the accumulator under 2^22 before its scale
	scale: Uint8Array; // (rows), floats of 8 bits: `applyCoarseScale`
	biasBits: 8 | 16;
	biasShift: number; // 0 to 8; 0 at 16 bits
	bias: Int16Array; // (rows), in units of the output: a code of biasBits times 2^biasShift
}

/** The four bytes of a header that describe a linear map. */
export function linearFields(path: string, what: string): Field[] {
	return [
		{ path: `${path}.bits`, type: "u8", allowed: { among: WEIGHT_BITS }, about: `${what}: bits of a weight` },
		{ path: `${path}.preshift`, type: "u8", allowed: { low: 0, high: 30 }, about: `${what}: preshift` },
		{ path: `${path}.biasBits`, type: "u8", allowed: { among: [8, 16] }, about: `${what}: bits of a bias` },
		{
			path: `${path}.biasShift`,
			type: "u8",
			allowed: { low: 0, high: 8 },
			about: `${what}: a bias is its code times 2^this`,
		},
	];
}

/** Biases of 16 bits are not shifted. */
export function linearRule(...paths: string[]): (object: object) => string | undefined {
	const maps = frozen(paths);
	return (object) =>
		maps.find((path) => {
			const { biasBits, biasShift } = getPath(object, path) as Linear;
			return biasBits === 16 && biasShift !== 0;
		}) && "a bias of 16 bits has a shift";
}

/** Its parts. */
export function linearParts(path: string, what: string, rows: Size, columns: Size): Part[] {
	return [
		{
			path: `${path}.weights`,
			rows,
			columns,
			bits: `${path}.bits`,
			signed: true,
			array: "i8",
			holds: "weights",
			shape: path,
			about: `${what}: weights`,
		},
		{
			path: `${path}.scale`,
			rows: 1,
			columns: rows,
			bits: 8,
			signed: false,
			array: "u8",
			about: `${what}: scales`,
		},
		{
			path: `${path}.bias`,
			rows: 1,
			columns: rows,
			bits: `${path}.biasBits`,
			signed: true,
			array: "i16",
			shift: `${path}.biasShift`,
			about: `${what}: biases`,
		},
	];
}

/** Proves a map with inputs of magnitude at most `most`. */
export function proveLinear(
	where: string,
	linear: Linear,
	rows: number,
	columns: number,
	most: number,
): void {
	if (linear.rows !== rows || linear.columns !== columns)
		refuse(where, `is ${linear.rows} x ${linear.columns} where ${rows} x ${columns} belongs`);
	weightBits(where, linear.bits);
	size(`${where} weights`, linear.weights, rows * columns);
	codes(`${where} weights`, linear.weights, linear.bits);
	size(`${where} scale`, linear.scale, rows);
	size(`${where} bias`, linear.bias, rows);
	if (linear.biasBits !== 8 && linear.biasBits !== 16)
		refuse(`${where} bias`, `${linear.biasBits} bits are not among 8, 16`);
	integer(`${where} bias shift`, linear.biasShift, 0, 16 - linear.biasBits);
	shifted(`${where} bias`, linear.bias, linear.biasBits, linear.biasShift);
	let worst = 0;
	for (let row = 0; row < rows; row++) {
		let sum = 0;
		for (let i = 0; i < columns; i++) sum += Math.abs(linear.weights[row * columns + i]!);
		worst = Math.max(worst, sum * most);
	}
	accumulator(where, worst, linear.preshift);
}

/** Whether two rows, times 8-bit inputs, share words, so that one multiplication serves both. */
export function shareWords(
	first: Pick<Linear, "bits" | "columns">,
	second: Pick<Linear, "bits" | "columns">,
): boolean {
	return first.bits === second.bits && first.bits <= 4 && first.columns <= 32;
}

/**
 * Bytes of the arena for two rows unpacked together, times 8-bit inputs: `scratch` while in use, `kept` when they are kept.
 * Shared words are on the stack unless kept.
 */
export function pairBytes(
	first: Pick<Linear, "bits" | "columns">,
	second: Pick<Linear, "bits" | "columns"> = first,
): { scratch: number; kept: number } {
	if (shareWords(first, second)) return { scratch: 0, kept: 4 * first.columns };
	const bytes = rowScratch(first) + rowScratch(second);
	return { scratch: bytes, kept: bytes };
}

/** Bytes of an unpacked row in the arena; rows of 8 bits are read in place. */
export function rowScratch(linear: Pick<Linear, "bits" | "columns">): number {
	return linear.bits === 8 ? 0 : align4(linear.columns);
}
