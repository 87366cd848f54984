import { z } from "zod";
import { POOLINGS } from "../../../src/network/pooling";
import { MOMENTS, type ValuesHead } from "../../../src/network/values";
import type { KindWidths } from "./kind";
import { emptyLinear } from "./linear";
import { READOUT, type ReadoutPrecision } from "./readout";

export type ValuesPrecision = ReadoutPrecision;

const shape = z.object({
	kind: z.literal("values"),
	pooling: z.enum(POOLINGS),
	moment: z.enum(MOMENTS),
	ahead: z.number(),
	outputs: z.number(),
});

export const values: KindWidths<ValuesHead, ValuesPrecision, z.infer<typeof shape>> = {
	...READOUT,
	shape,
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
};
