// The classes head: logits = weight pooled + bias.
import type { Pooling } from "../../src/network/classes";
import type { FloatHeadKind } from "./kind";
import { applyLinear, linearTensors } from "./linear";

export interface FloatClasses {
	kind: "classes";
	/** Input of the head: the mean of the residual stream over time, or its last step. */
	pooling: Pooling;
	weight: Float64Array; // (classes, H)
	bias: Float64Array; // (classes)
}

export const classes: FloatHeadKind<FloatClasses> = {
	tensors: (_, { H, outputs }) => linearTensors("decoder", outputs, H),
	pooling: ({ pooling }) => pooling,
	perStep: () => false,
	outputs: ({ bias }) => bias.length,
	greatest: (_, logits) => logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0),
	conclude({ weight, bias }, pooled) {
		const out = new Float64Array(bias.length);
		applyLinear(weight, bias, pooled, out, pooled.length);
		return out;
	},
};
