import { z } from "zod";
import type { ReluActivation } from "../../../src/network/relu";
import { type GeluPrecision, gelu } from "./gelu";
import type { KindWidths } from "./kind";

const shape = z.object({ kind: z.literal("relu") });

/** As activations with a table. */
export const relu: KindWidths<ReluActivation, GeluPrecision, z.infer<typeof shape>> = {
	highest: gelu.highest,
	keys: gelu.keys,
	presets: gelu.presets,
	shape,
	precisionOf: ({ bits }) => ({ g: bits }),
	skeleton: (_, { g }) => ({ kind: "relu", bits: g, scale: 0, zero: 0 }),
	traits: () => ({ activation: "relu" }),
};
