// The gated linear unit: residual += value(g) sigma(gate(g)), value and gate being linear maps of H x H and
// sigma a sigmoid or its piecewise linear form.

import { GATE_FIELDS, GATE_MAP, GATE_PARTS, type Gate, proveGate, VALUE_SHIFT } from "./gate";
import type { Kind } from "./kind";
import { RESERVED } from "./layout";
import { type Linear, linearFields, linearParts, linearRule, pairBytes, proveLinear } from "./linear";
import { integer } from "./proof";

export { GATE_TABLES, type GateTable } from "./gate";

export interface Glu extends Gate {
	kind: "glu";
	value: Linear; // H x H, out: 2^valueShift units of the residual
	valueShift: number; // 0 to 8
}

export const glu: Kind<Glu> = {
	id: 1,
	arithmetic: 2,
	later: ({ gateTable }) => (gateTable === "hard_sigmoid" ? 3 : 2),
	layout: {
		name: "glu",
		about: "gated linear unit",
		sizes: ["heads"],
		fields: [...linearFields("value", "value"), ...GATE_MAP, VALUE_SHIFT, ...GATE_FIELDS, RESERVED],
		rule: linearRule("value", "gate"),
		parts: [...linearParts("value", "value", "heads", "heads"), ...GATE_PARTS],
	},
	prove(where, channel, { H, gMax }) {
		integer(`${where} value shift`, channel.valueShift, 0, 8);
		proveLinear(`${where} value`, channel.value, H, H, gMax);
		proveGate(where, channel, H, gMax);
	},
	macs: (_, H) => 2 * H * H,
	scratchBytes: ({ value, gate }) => pairBytes(value, gate).scratch,
	keptBytes: ({ value, gate }, H) => H * pairBytes(value, gate).kept,
};
