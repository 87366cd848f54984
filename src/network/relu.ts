// The rectifier: g = applyScale(max(y, 0), scale) - zero.
import type { Kind } from "./kind";
import { integer } from "./proof";

export interface ReluActivation {
	kind: "relu";
	bits: number; // of g, 4 to 8
	scale: number; // a float of 16 bits: `applyScale`
	zero: number; // -128 to 127
}

export const relu: Kind<ReluActivation> = {
	id: 2,
	arithmetic: 3,
	layout: {
		name: "relu",
		about: "max(y, 0)",
		sizes: [],
		fields: [
			{ path: "bits", type: "u8", allowed: { low: 4, high: 8 }, about: "bits of g" },
			{ path: "zero", type: "i8", about: "zero of g" },
			{ path: "scale", type: "u16", about: "scale of g" },
		],
		parts: [],
	},
	prove(where, { bits, scale, zero }) {
		integer(`${where} bits`, bits, 4, 8);
		integer(`${where} scale`, scale, 0, 65535);
		integer(`${where} zero`, zero, -128, 127);
	},
	macs: () => 0,
	scratchBytes: () => 0,
};
