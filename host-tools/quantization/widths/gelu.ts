import { z } from "zod";
import { type GeluActivation, PHI_TABLES } from "../../../src/network/gelu";
import { activationsKey } from "./keys";
import type { KindWidths } from "./kind";

export interface GeluPrecision {
	g: number;
}

const shape = z.object({ kind: z.literal("gelu"), table: z.enum(PHI_TABLES) });

export const gelu: KindWidths<GeluActivation, GeluPrecision, z.infer<typeof shape>> = {
	highest: { g: 8 },
	keys: { g: activationsKey("g", "layer") },
	presets: { w8x16: "g=8", w8a8x8: "g=8", w4x16: "g=8", w4a6x8: "g=6", w3a6x8: "g=6" },
	shape,
	precisionOf: ({ bits }) => ({ g: bits }),
	skeleton: ({ table }, { g }) => ({ kind: "gelu", table, bits: g, scale: 0, zero: 0 }),
	traits: ({ table }) => ({ activation: table }),
};
