// The gated linear unit: a linear map of H to 2H, values a and gates b, then a s(b), s being what opens the gate.
import type { GateTable } from "../../src/network/glu";
import type { FloatChannelKind } from "./kind";
import { applyLinear, linearTensors, sigmoid } from "./linear";

export interface FloatGlu {
	kind: "glu";
	gateTable: GateTable;
	weight: Float64Array; // (2H, H): H value rows, then H gate rows
	bias: Float64Array; // (2H)
}

const OPENINGS: Record<GateTable, (b: number) => number> = {
	sigmoid,
	hard_sigmoid: (b) => Math.max(0, Math.min(1, b / 6 + 0.5)),
};

export const glu: FloatChannelKind<FloatGlu> = {
	tensors: (_, { H }, l) => linearTensors(`s4_layers.${l}.output_linear.0`, 2 * H, H, 1),
	inner: (_, H) => 2 * H,
	apply({ weight, bias, gateTable }, H) {
		const open = OPENINGS[gateTable];
		return (g, inner, out) => {
			applyLinear(weight, bias, g, inner, H);
			for (let h = 0; h < H; h++) out[h] = inner[h]! * open(inner[H + h]!);
		};
	},
	macs: (_, H) => 2 * H * H,
};
