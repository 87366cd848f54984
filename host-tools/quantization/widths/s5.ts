import { z } from "zod";
import type { S5Mixer } from "../../../src/network/s5";
import { type DiagonalPrecision, diagonalPrecision } from "./diagonal";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import * as POLES from "./poles";
import { emptyPoles, polesKey } from "./poles-key";
import { stateKey } from "./state";

export type S5Precision = DiagonalPrecision;

const shape = z.object({ kind: z.literal("s5"), P: z.number() });
const FITTED = "under 8 bits with error carrying";

export const s5: KindWidths<S5Mixer, S5Precision, z.infer<typeof shape>> = {
	highest: { A: { format: "cartesian", bits: 16 }, x: 16, rounding: "nearest", B: 8, C: 8, D: 8 },
	keys: {
		A: polesKey("A", "layer", [POLES.cartesian, POLES.logarithmic]),
		x: stateKey,
		B: weightsKey("B", { scale: "mode", rounding: FITTED }),
		C: weightsKey("C", { scale: "head", rounding: `fitted to the rounded A and B; ${FITTED}` }),
		D: weightsKey("D", { scale: "layer", rounding: "to nearest" }),
	},
	// A is P numbers per layer, next to 4 P H of B and C: its bits cost next to nothing.
	presets: {
		w8x16: "A=16,x=16,B=8,C=8,D=8",
		w8a8x8: "A=4+12,x=8,B=8,C=8,D=8",
		w4x16: "A=16,x=16,B=4,C=4,D=8",
		w4a6x8: "A=4+12,x=8,B=4,C=4,D=4",
		w3a6x8: "A=4+12,x=8,B=3,C=3,D=4",
	},
	shape,
	precisionOf: diagonalPrecision,
	skeleton: ({ P }, { A, x, rounding, B, C, D }) => ({
		kind: "s5",
		P,
		A: emptyPoles(A),
		B: { bits: B, codes: new Int8Array(0), lift: 0, scale: new Uint8Array(0) },
		C: { bits: C, codes: new Int8Array(0), preshift: 0, scale: new Uint8Array(0) },
		D: { bits: D, codes: new Int8Array(0), scale: 0 },
		x: { bits: x, rounding },
	}),
	sizes: ({ P }) => [{ name: "P", value: P, what: "modes per layer" }],
	tensors: { A: "A (Abar)", B: "B (Bbar)" },
};
