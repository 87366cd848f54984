// Poles as real and imaginary part: Abar = code 2^(1 - bits).
import type { PolesKind } from "./kind";
import { RESERVED } from "./layout";
import { codes, integer, refuse, size } from "./proof";

export interface CartesianPoles {
	kind: "cartesian";
	bits: number; // of a coordinate, 6 to 16
	codes: Int16Array; // (rows, columns, 2): real, imaginary
}

export const cartesian: PolesKind<CartesianPoles> = {
	id: 1,
	arithmetic: 2,
	layout: {
		name: "cartesian",
		about: "Abar as real and imaginary part",
		sizes: ["rows", "columns"],
		fields: [
			{ path: "bits", type: "u8", allowed: { low: 6, high: 16 }, about: "bits of a coordinate" },
			RESERVED,
			RESERVED,
			RESERVED,
		],
		parts: [
			{
				path: "codes",
				rows: "rows",
				columns: "2columns",
				bits: "bits",
				signed: true,
				array: "i16",
				holds: "A",
				about: "real, then imaginary part of each mode",
			},
		],
	},
	prove(where, { bits, codes: parts }, rows, columns) {
		integer(`${where} bits`, bits, 6, 16);
		size(where, parts, 2 * rows * columns);
		codes(where, parts, bits);
		const unit = 2 ** (bits - 1);
		for (let i = 0; i < rows * columns; i++)
			if (Math.hypot(parts[2 * i]!, parts[2 * i + 1]!) >= unit)
				refuse(where, `mode ${i % columns} of head ${Math.floor(i / columns)} is not inside the unit circle`);
	},
	expand({ bits, codes: parts }, row, n, columns, out, at) {
		const i = row * columns + n;
		out[at] = parts[2 * i]! << (16 - bits);
		out[at + 1] = parts[2 * i + 1]! << (16 - bits);
	},
	modeBits: ({ bits }) => 2 * bits,
	inPlace: ({ bits }) => bits === 16,
};
