// The classes head: logits = map(pooled residual stream), at the end of a sequence or on request.
import { frozen } from "./frozen";
import type { HeadKind } from "./kind";
import { type Linear, linearFields, linearParts, linearRule, proveLinear, rowScratch } from "./linear";
import { POOLINGS, type Pooling } from "./pooling";
import { integer, named } from "./proof";

export { POOLINGS, type Pooling };

export interface ClassesHead {
	kind: "classes";
	pooling: Pooling;
	outputs: number; // classes, 2 to 1024
	map: Linear; // outputs x H; bias and output in units of a logit
	fraction: number; // a logit is an integer in units of 2^-fraction
}

export const classes: HeadKind<ClassesHead> = frozen({
	id: 1,
	arithmetic: 2,
	layout: {
		name: "classes",
		about: "logits of classes",
		sizes: ["heads"],
		fields: [
			...linearFields("map", "map"),
			{ path: "outputs", type: "u16", allowed: { low: 2, high: 1024 }, error: "SHAPE", about: "classes" },
			{ path: "fraction", type: "u8", allowed: { low: 0, high: 24 }, about: "fractional bits of a logit" },
			{ path: "pooling", type: "u8", allowed: { names: POOLINGS }, about: "pooling" },
		],
		rule: linearRule("map"),
		parts: linearParts("map", "map", "outputs", "heads"),
	},
	prove(where, head, { H, residualMax }) {
		integer(`${where} classes`, head.outputs, 2, 1024);
		named(`${where} pooling`, head.pooling, POOLINGS);
		integer(`${where} logit fraction`, head.fraction, 0, 24);
		proveLinear(where, head.map, head.outputs, H, residualMax);
	},
	macs: () => 0, // once per result, not per step
	scratchBytes: ({ map }) => rowScratch(map),
	pooling: ({ pooling }) => pooling,
	outputs: ({ outputs }) => outputs,
	perStep: () => false,
	scaled: false,
	real: ({ fraction }, value) => value / 2 ** fraction,
});
