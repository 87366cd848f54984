// The linear encoder: x = weight input + bias.
import type { FloatEncoderKind } from "./kind";
import { applyLinear, linearTensors } from "./linear";

export interface FloatLinearEncoder {
	kind: "linear";
	weight: Float64Array; // (H, channels)
	bias: Float64Array; // (H)
}

export const linear: FloatEncoderKind<FloatLinearEncoder> = {
	tensors: (_, { H, channels }) => linearTensors("encoder", H, channels),
	apply:
		({ weight, bias }, { channels }) =>
		(input, x) =>
			applyLinear(weight, bias, input, x, channels),
	macs: (_, { H, channels }) => H * channels,
};
