import { z } from "zod";
import { type ClassesHead, POOLINGS } from "../../../src/network/classes";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import { CARRIED, emptyLinear, LINEAR_TENSORS } from "./linear";

export interface ClassesPrecision {
	decoder: number;
}

const shape = z.object({ kind: z.literal("classes"), pooling: z.enum(POOLINGS), outputs: z.number() });

export const classes: KindWidths<ClassesHead, ClassesPrecision, z.infer<typeof shape>> = {
	highest: { decoder: 8 },
	keys: { decoder: weightsKey("decoder", { scale: "row", rounding: CARRIED, group: "W" }) },
	presets: { w8x16: "W=8", w8a8x8: "W=8", w4x16: "decoder=8", w4a6x8: "W=4", w3a6x8: "W=3" },
	shape,
	precisionOf: ({ map }) => ({ decoder: map.bits }),
	skeleton: ({ pooling, outputs }, { decoder }, { H }) => ({
		kind: "classes",
		pooling,
		outputs,
		map: emptyLinear(outputs, H, decoder, 16),
		fraction: 0,
	}),
	sizes: ({ outputs }) => [{ name: "", value: outputs, what: "classes" }],
	traits: ({ pooling }) => ({ pooling }),
	tensors: LINEAR_TENSORS,
};
