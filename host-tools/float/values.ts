// The values head: outputs = (weight pooled + bias) scale + offset, at the end of a sequence or after every step.
import type { Pooling } from "../../src/network/pooling";
import type { Moment } from "../../src/network/values";
import type { FloatHeadKind } from "./kind";
import { applyLinear, linearTensors } from "./linear";

export interface FloatValues {
	kind: "values";
	pooling: Pooling;
	moment: Moment;
	/** The outputs are the input channels this many steps later; 0: something else. */
	ahead: number;
	weight: Float64Array; // (outputs, H)
	bias: Float64Array; // (outputs)
	/** Training fits (target - offset) / scale; (outputs) each. */
	scale: Float64Array;
	offset: Float64Array;
	/** Units of the outputs; "": not stated. */
	units: string[];
}

export const values: FloatHeadKind<FloatValues> = {
	tensors: (_, { H, outputs }) => linearTensors("decoder", outputs, H),
	pooling: ({ pooling }) => pooling,
	perStep: ({ moment }) => moment === "step",
	outputs: ({ bias }) => bias.length,
	conclude({ weight, bias, scale, offset }, pooled) {
		const out = new Float64Array(bias.length);
		applyLinear(weight, bias, pooled, out, pooled.length);
		return out.map((y, k) => y * scale[k]! + offset[k]!);
	},
	greatest({ scale, offset }, outputs) {
		let most = 0;
		for (let i = 0; i < outputs.length; i++) {
			const k = i % scale.length;
			most = Math.max(most, Math.abs((outputs[i]! - offset[k]!) / scale[k]!));
		}
		return most;
	},
};
