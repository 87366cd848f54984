import { z } from "zod";
import { type ClassesHead, POOLINGS } from "../../../src/network/classes";
import type { KindWidths } from "./kind";
import { emptyLinear } from "./linear";
import { READOUT, type ReadoutPrecision } from "./readout";

export type ClassesPrecision = ReadoutPrecision;

const shape = z.object({ kind: z.literal("classes"), pooling: z.enum(POOLINGS), outputs: z.number() });

export const classes: KindWidths<ClassesHead, ClassesPrecision, z.infer<typeof shape>> = {
	...READOUT,
	shape,
	skeleton: ({ pooling, outputs }, { decoder }, { H }) => ({
		kind: "classes",
		pooling,
		outputs,
		map: emptyLinear(outputs, H, decoder, 16),
		fraction: 0,
	}),
	sizes: ({ outputs }) => [{ name: "", value: outputs, what: "classes" }],
	traits: ({ pooling }) => ({ pooling }),
};
