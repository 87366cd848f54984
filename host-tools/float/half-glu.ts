// The half-gated linear units of S5, in which only the gate has weights: g s(gate(g)) in `half_glu1`, y s(gate(g)) in
// `half_glu2`, g = activation(y), s being the gate function.
import type { GateTable } from "../../src/network/glu";
import { OPENINGS } from "./gate";
import type { FloatChannelKind } from "./kind";
import { applyLinear, linearTensors } from "./linear";

export interface FloatHalfGlu<K extends "half_glu1" | "half_glu2"> {
	kind: K;
	gateTable: GateTable;
	weight: Float64Array; // (H, H)
	bias: Float64Array; // (H)
}

/** @param value selects the gated value from g and y */
export function halfGlu<K extends "half_glu1" | "half_glu2">(
	value: (g: Float64Array, y: Float64Array) => Float64Array,
): FloatChannelKind<FloatHalfGlu<K>> {
	return {
		tensors: (_, { H }, l) => linearTensors(`s4_layers.${l}.out2`, H, H),
		inner: (_, H) => 2 * H,
		apply({ weight, bias, gateTable }, H) {
			const open = OPENINGS[gateTable];
			const gate = new Float64Array(H);
			return (g, inner, out, y) => {
				applyLinear(weight, bias, g, gate, H);
				inner.set(value(g, y));
				inner.set(gate, H);
				for (let h = 0; h < H; h++) out[h] = inner[h]! * open(gate[h]!);
			};
		},
		macs: (_, H) => H * H,
	};
}
