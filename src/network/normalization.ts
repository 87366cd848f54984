// Shared by the norms over the heads of a step, before a mixer and after a channel mixer: a scale and a zero per head, and
// epsilon. The residual is used unscaled: its unit is the same real value in every head, and 0 is real 0.
import type { Field, Part } from "./layout";
import { integer, size, within } from "./proof";

export interface Normalization {
	/** H eps in squared units of the residual, 1 to 2^32 - 1: added to the sum of the squared deviations. */
	epsilon: number;
	/** (H), 1 where the normalized value is negated before scaling. */
	negative: Uint8Array;
	/** (H), floats of 16 bits: `applyScale`; 31 << 11, the smallest, gives 0. */
	scale: Uint16Array;
	/** (H), added after the scale. */
	zero: Int16Array;
}

export const EPSILON_MAX = 0xffffffff;

export const EPSILON: Field = Object.freeze({
	path: "epsilon",
	type: "u32",
	allowed: { low: 1, high: EPSILON_MAX },
	about: "epsilon: added to the sum of the squares",
});

export const normalizationParts: readonly Part[] = Object.freeze([
	{
		path: "negative",
		rows: 1,
		columns: "heads",
		bits: 1,
		signed: false,
		array: "u8",
		about: "signs: 1 is minus",
	},
	{ path: "scale", rows: 1, columns: "heads", bits: 16, signed: false, array: "u16", about: "scales" },
	{
		path: "zero",
		rows: 1,
		columns: "heads",
		bits: 16,
		signed: true,
		array: "i16",
		about: "zeros: added after the scale",
	},
]);

/** No sum can wrap, whatever these hold (docs/ARITHMETIC.md, section 7): only their format needs proof. */
export function proveNormalization(
	where: string,
	{ epsilon, negative, scale, zero }: Normalization,
	H: number,
): void {
	integer(`${where} epsilon`, epsilon, 1, EPSILON_MAX);
	size(`${where} signs`, negative, H);
	size(`${where} scale`, scale, H);
	size(`${where} zero`, zero, H);
	within(`${where} signs`, negative, 0, 1);
	within(`${where} scale`, scale, 0, 0xffff);
	within(`${where} zero`, zero, -0x8000, 0x7fff);
}
