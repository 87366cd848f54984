// The gated linear unit: residual += value(g) sigma(gate(g)), value and gate being linear maps of H x H and
// sigma a sigmoid or its piecewise linear form.

import type { Kind } from "./kind";
import { type Field, RESERVED } from "./layout";
import { type Linear, linearFields, linearParts, linearRule, proveLinear, rowScratch } from "./linear";
import { integer, named } from "./proof";

export interface Glu {
	kind: "glu";
	value: Linear; // H x H, out: 2^valueShift units of the residual
	valueShift: number; // 0 to 8
	gate: Linear; // H x H, out: gateFraction fractional bits
	gateFraction: number; // 3 to 12
	gateTable: GateTable;
}

/** `hard_sigmoid`: clip(x / 6 + 1/2, 0, 1), as torch.nn.Hardsigmoid and jax.nn.hard_sigmoid have it. */
export const GATE_TABLES = Object.freeze(["sigmoid", "hard_sigmoid"] as const);
export type GateTable = (typeof GATE_TABLES)[number];

const FIELDS: Field[] = [
	...linearFields("value", "value"),
	...linearFields("gate", "gate"),
	{
		path: "valueShift",
		type: "u8",
		allowed: { low: 0, high: 8 },
		about: "a value is 2^this units of the residual",
	},
	{ path: "gateFraction", type: "u8", allowed: { low: 3, high: 12 }, about: "fractional bits of the gate" },
	{ path: "gateTable", type: "u8", allowed: { names: GATE_TABLES }, about: "what opens the gate" },
	RESERVED,
];

export const glu: Kind<Glu> = {
	id: 1,
	arithmetic: 2,
	later: ({ gateTable }) => (gateTable === "hard_sigmoid" ? 3 : 2),
	layout: {
		name: "glu",
		about: "gated linear unit",
		sizes: ["heads"],
		fields: FIELDS,
		rule: linearRule("value", "gate"),
		parts: [
			...linearParts("value", "value", "heads", "heads"),
			...linearParts("gate", "gate", "heads", "heads"),
		],
	},
	prove(where, { value, valueShift, gate, gateFraction, gateTable }, { H, gMax }) {
		integer(`${where} gate fraction`, gateFraction, 3, 12);
		named(`${where} gate table`, gateTable, GATE_TABLES);
		integer(`${where} value shift`, valueShift, 0, 8);
		proveLinear(`${where} value`, value, H, H, gMax);
		proveLinear(`${where} gate`, gate, H, H, gMax);
	},
	macs: (_, H) => 2 * H * H,
	scratchBytes: ({ value, gate }) => rowScratch(value) + rowScratch(gate),
};
