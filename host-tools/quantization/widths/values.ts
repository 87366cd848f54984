import { z } from "zod";
import { POOLINGS } from "../../../src/network/pooling";
import { MOMENTS, type ValuesHead } from "../../../src/network/values";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import { CARRIED, emptyLinear, LINEAR_TENSORS } from "./linear";

export interface ValuesPrecision {
	decoder: number;
}

const shape = z.object({
	kind: z.literal("values"),
	pooling: z.enum(POOLINGS),
	moment: z.enum(MOMENTS),
	ahead: z.number(),
	outputs: z.number(),
});

export const values: KindWidths<ValuesHead, ValuesPrecision, z.infer<typeof shape>> = {
	highest: { decoder: 8 },
	keys: { decoder: weightsKey("decoder", { scale: "row", rounding: CARRIED, group: "W" }) },
	presets: { w8x16: "W=8", w8a8x8: "W=8", w4x16: "decoder=8", w4a6x8: "W=4", w3a6x8: "W=3" },
	shape,
	precisionOf: ({ map }) => ({ decoder: map.bits }),
	skeleton: ({ pooling, moment, ahead, outputs }, { decoder }, { H }) => ({
		kind: "values",
		pooling,
		moment,
		ahead,
		outputs,
		map: emptyLinear(outputs, H, decoder, 16),
		scaling: Array.from({ length: outputs }, () => ({ unit: "", scale: 1, offset: 0 })),
	}),
	sizes: ({ outputs }) => [{ name: "", value: outputs, what: outputs === 1 ? "value" : "values" }],
	traits: ({ pooling, moment, ahead }) => ({
		pooling,
		values: `${moment === "step" ? "at every step" : "at the end"}${ahead ? `, ${ahead} steps ahead` : ""}`,
	}),
	tensors: LINEAR_TENSORS,
};
