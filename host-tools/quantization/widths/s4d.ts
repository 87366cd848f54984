import { z } from "zod";
import type { S4dMixer } from "../../../src/network/s4d";
import { type DiagonalPrecision, diagonalPrecision } from "./diagonal";
import { bitsKey, weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import * as POLES from "./poles";
import { emptyPoles, polesKey } from "./poles-key";
import { stateKey } from "./state";

export interface S4dPrecision extends DiagonalPrecision {
	/** 0: derived from A; 2: relative to that. */
	B: S4dMixer["B"]["bits"];
}

const shape = z.object({ kind: z.literal("s4d"), N: z.number() });
const C_ROUNDING = "fitted to the rounded A; under 8 bits with error carrying";

export const s4d: KindWidths<S4dMixer, S4dPrecision, z.infer<typeof shape>> = {
	highest: { A: { format: "cartesian", bits: 16 }, x: 16, rounding: "nearest", B: 8, C: 8, D: 8 },
	keys: {
		A: polesKey("A", "head", [POLES.cartesian, POLES.harmonic]),
		x: stateKey,
		B: bitsKey("B", (n) => [0, 2, 4, 8].includes(n), "0 (derived from A), 2, 4 or 8 bits", {
			scale: "mode",
			rounding: "down, so that no state exceeds its range",
		}),
		C: weightsKey("C", { scale: "head", rounding: C_ROUNDING }),
		D: weightsKey("D", { scale: "layer", rounding: "to nearest" }),
	},
	presets: {
		w8x16: "A=16,x=16,B=8,C=8,D=8",
		w8a8x8: "A=4+12,x=8,B=8,C=8,D=8",
		w4x16: "A=4+10,x=16,B=4,C=4,D=8",
		w4a6x8: "A=3+5,x=8,B=2,C=4,D=4",
		w3a6x8: "A=2+3,x=8,B=2,C=3,D=4",
	},
	shape,
	precisionOf: diagonalPrecision,
	skeleton: ({ N }, { A, x, rounding, B, C, D }) => ({
		kind: "s4d",
		N,
		A: emptyPoles(A),
		B: { bits: B, codes: new Uint8Array(0), shift: new Uint8Array(0) },
		C: { bits: C, codes: new Int8Array(0), preshift: 0, scale: new Uint8Array(0) },
		D: { bits: D, codes: new Int8Array(0), scale: 0 },
		x: { bits: x, rounding },
	}),
	sizes: ({ N }) => [{ name: "N", value: N, what: "modes per head" }],
	tensors: { A: "A (Abar)", B: "B (input gains)" },
	examples: {
		short: "A=4+12,x=8,1.C=4",
		long: "A=16 (Cartesian), A=4+12 (radius+phase), x=8, C=4, W=4 (all linear weights), 1.C=8 (layer 1 alone)",
	},
};
