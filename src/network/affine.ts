// A folded norm: u = applyCoarseScale(residual - zero, scale), saturated. Both BatchNorm and no norm take this form, which
// includes the quantization of the mixer's input.

import type { Kind } from "./kind";
import { RESERVED } from "./layout";
import { integer, shifted, size, within } from "./proof";

export interface AffineNorm {
	kind: "affine";
	bits: number; // of u, 4 to 8
	scale: Uint8Array; // (H), floats of 8 bits
	zero: Int32Array; // (H), the residual for which u is 0: an int16 times 2^zeroShift[h]
	zeroShift: Uint8Array; // (H), 0 to 6
}

export const affine: Kind<AffineNorm> = {
	id: 1,
	arithmetic: 2,
	layout: {
		name: "affine",
		about: "folded norm: scale and zero per head",
		sizes: ["heads"],
		fields: [
			{ path: "bits", type: "u8", allowed: { low: 4, high: 8 }, about: "bits of u" },
			RESERVED,
			RESERVED,
			RESERVED,
		],
		parts: [
			{
				path: "zeroShift",
				rows: 1,
				columns: "heads",
				bits: 3,
				signed: false,
				array: "u8",
				about: "shifts of the zeros, 0 to 6",
			},
			{
				path: "zero",
				rows: 1,
				columns: "heads",
				bits: 16,
				signed: true,
				array: "i32",
				shift: "zeroShift",
				about: "zeros: the residual for which u is 0, before its shift",
			},
			{ path: "scale", rows: 1, columns: "heads", bits: 8, signed: false, array: "u8", about: "scales of u" },
		],
		partsRule: (object) =>
			(object as AffineNorm).zeroShift.some((shift) => shift > 6) ? "a zero of u is shifted by 7" : undefined,
	},
	prove(where, norm, { H }) {
		integer(`${where} bits`, norm.bits, 4, 8);
		size(`${where} scale`, norm.scale, H);
		size(`${where} zero`, norm.zero, H);
		size(`${where} zero shift`, norm.zeroShift, H);
		within(`${where} zero shift`, norm.zeroShift, 0, 6); // |residual - zero| < 2^22
		for (let h = 0; h < H; h++) shifted(`${where} zero`, [norm.zero[h]!], 16, norm.zeroShift[h]!);
	},
	macs: () => 0,
	scratchBytes: () => 0,
};
