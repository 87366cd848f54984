// The gated linear unit: a linear map of H to 2H, values a and gates b, then a s(b), s being the gate function.
import type { GateTable } from "../../src/network/glu";
import { OPENINGS } from "./gate";
import type { FloatChannelKind } from "./kind";
import { applyLinear, linearTensors } from "./linear";

export interface FloatGlu {
	kind: "glu";
	gateTable: GateTable;
	weight: Float64Array; // (2H, H): H value rows, then H gate rows
	bias: Float64Array; // (2H)
}

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
