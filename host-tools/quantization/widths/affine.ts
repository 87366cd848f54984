import { z } from "zod";
import type { AffineNorm } from "../../../src/network/affine";
import { activationsKey } from "./keys";
import type { KindWidths } from "./kind";

export interface AffinePrecision {
	u: number;
}

const shape = z.object({ kind: z.literal("affine") });

export const affine: KindWidths<AffineNorm, AffinePrecision, z.infer<typeof shape>> = {
	highest: { u: 8 },
	keys: { u: activationsKey("u", "head") },
	presets: { w8x16: "u=8", w8a8x8: "u=8", w4x16: "u=8", w4a6x8: "u=6", w3a6x8: "u=6" },
	shape,
	precisionOf: ({ bits }) => ({ u: bits }),
	skeleton: (_, { u }) => ({
		kind: "affine",
		bits: u,
		scale: new Uint8Array(0),
		zero: new Int32Array(0),
		zeroShift: new Uint8Array(0),
	}),
};
