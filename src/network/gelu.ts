// Activations of the form y Phi(y) with Phi from a table: GELU and its approximations. g = applyScale(y Phi(y), scale) - zero.
import type { Kind } from "./kind";
import { RESERVED } from "./layout";
import { integer, named } from "./proof";

/** `qgelu`: Abreu et al., "Q-S5: Towards Quantized State Space Models", 2024. */
export const PHI_TABLES = Object.freeze(["gelu", "gelu_tanh", "gelu_sigmoid", "qgelu"] as const);
export type PhiTable = (typeof PHI_TABLES)[number];

export interface GeluActivation {
	kind: "gelu";
	table: PhiTable;
	bits: number; // of g, 4 to 8
	scale: number; // a float of 16 bits: `applyScale`
	zero: number; // -128 to 127
}

export const gelu: Kind<GeluActivation> = {
	id: 1,
	arithmetic: 2,
	later: ({ table }) => (table === "qgelu" ? 3 : 2),
	layout: {
		name: "gelu",
		about: "y Phi(y), Phi from a table",
		sizes: [],
		fields: [
			{ path: "table", type: "u8", allowed: { names: PHI_TABLES }, about: "Phi" },
			{ path: "bits", type: "u8", allowed: { low: 4, high: 8 }, about: "bits of g" },
			{ path: "zero", type: "i8", about: "zero of g" },
			RESERVED,
			{ path: "scale", type: "u16", about: "scale of g" },
			RESERVED,
			RESERVED,
		],
		parts: [],
	},
	prove(where, activation) {
		named(`${where} table`, activation.table, PHI_TABLES);
		integer(`${where} bits`, activation.bits, 4, 8);
		integer(`${where} scale`, activation.scale, 0, 65535);
		integer(`${where} zero`, activation.zero, -128, 127);
	},
	macs: () => 0,
	scratchBytes: () => 0,
};
