// The values head: outputs = map(pooled residual stream), at the end of a sequence or after every step. The blob's section
// `outputs` defines their real values: value = output scale + offset.
import { frozen } from "./frozen";
import type { HeadKind, OutputScaling } from "./kind";
import { type Linear, linearFields, linearParts, linearRule, proveLinear, rowScratch } from "./linear";
import { POOLINGS, type Pooling } from "./pooling";
import { integer, named, refuse, size } from "./proof";

/** When outputs are valid: once after an entire sequence, or after each step. */
export type Moment = "end" | "step";
export const MOMENTS: readonly Moment[] = Object.freeze(["end", "step"] as const);

export interface ValuesHead {
	kind: "values";
	pooling: Pooling;
	moment: Moment;
	/** The outputs are the input channels this many steps later; 0: something else. */
	ahead: number;
	outputs: number; // 1 to 1024
	map: Linear; // outputs x H
	scaling: OutputScaling[]; // (outputs)
}

export const values: HeadKind<ValuesHead> = frozen({
	id: 2,
	arithmetic: 3,
	layout: {
		name: "values",
		about: "values with units",
		sizes: ["heads"],
		fields: [
			...linearFields("map", "map"),
			{ path: "outputs", type: "u16", allowed: { low: 1, high: 1024 }, error: "SHAPE", about: "outputs" },
			{ path: "pooling", type: "u8", allowed: { names: POOLINGS }, about: "pooling" },
			{ path: "moment", type: "u8", allowed: { names: MOMENTS }, about: "when outputs are valid" },
			{
				path: "ahead",
				type: "u32",
				about: "outputs are the input channels this many steps later; 0: something else",
			},
		],
		rule: linearRule("map"),
		parts: linearParts("map", "map", "outputs", "heads"),
	},
	prove(where, head, { H, residualMax }) {
		integer(`${where} outputs`, head.outputs, 1, 1024);
		named(`${where} pooling`, head.pooling, POOLINGS);
		named(`${where} moment`, head.moment, MOMENTS);
		integer(`${where} steps ahead`, head.ahead, 0, 0xffffffff);
		proveLinear(where, head.map, head.outputs, H, residualMax);
		size(`${where} scaling`, head.scaling, head.outputs);
		for (const [k, { unit, scale, offset }] of head.scaling.entries()) {
			const [s, o] = [Math.fround(scale), Math.fround(offset)];
			if (!(s > 0 && Number.isFinite(s) && Number.isFinite(o)))
				refuse(where, `output ${k} has no usable scale or offset`);
			if (unit.includes("\0")) refuse(where, `the unit of output ${k} holds a zero character`);
		}
	},
	macs: ({ moment, map }) => (moment === "step" ? map.rows * map.columns : 0),
	scratchBytes: ({ map }) => rowScratch(map),
	pooling: ({ pooling }) => pooling,
	outputs: ({ outputs }) => outputs,
	perStep: ({ moment }) => moment === "step",
	scaled: true,
	real: ({ scaling }, value, k) => value * scaling[k]!.scale + scaling[k]!.offset,
});
