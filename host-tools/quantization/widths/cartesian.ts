import type { CartesianPoles } from "../../../src/network/cartesian";
import { between } from "./keys";
import type { PolesWidths } from "./kind";

export interface CartesianPrecision {
	format: "cartesian";
	/** Of a coordinate. */
	bits: number;
}

export const cartesian: PolesWidths<CartesianPoles, CartesianPrecision> = {
	format: "cartesian",
	takes: "6 to 16 bits per coordinate",
	parse: (text) =>
		/^\d+$/.test(text) && between(6, 16)(Number(text))
			? { format: "cartesian", bits: Number(text) }
			: undefined,
	text: ({ bits }) => String(bits),
	precisionOf: ({ bits }) => ({ format: "cartesian", bits }),
	skeleton: ({ bits }) => ({ kind: "cartesian", bits, codes: new Int16Array(0) }),
	note: "a Cartesian coordinate",
};
