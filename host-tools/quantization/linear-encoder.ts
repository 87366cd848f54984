// The linear encoder to integers: the input scaling of the samples goes into its weights.
import type { LinearEncoder } from "../../src/network/linear-encoder";
import type { FloatLinearEncoder } from "../float/linear-encoder";
import { HEADROOM, INT16_MAX } from "./formats";
import type { EncoderContext, EncoderQuantizer, InputScaling } from "./kind";
import { quantizeRows, stepsOf } from "./weight-rows";

/** Samples in 16 bits for the values seen. */
function scalingOf({ inputMean, ranges: { inputMin, inputMax } }: EncoderContext): InputScaling[] {
	return Array.from(inputMean, (mean, c) => {
		const offset = Math.fround(mean);
		const most = Math.max(Math.abs(inputMin[c]! - offset), Math.abs(inputMax[c]! - offset));
		return { scale: Math.fround((HEADROOM * most || 1) / INT16_MAX), offset };
	});
}

function quantize(
	float: FloatLinearEncoder,
	context: EncoderContext,
): ReturnType<EncoderQuantizer<FloatLinearEncoder, LinearEncoder>["quantize"]> {
	const { H, inputMean, inputStd, first, bits, held } = context;
	const channels = inputMean.length;
	const input = scalingOf(context);
	const weights = new Float64Array(H * channels);
	const bias = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		bias[h] = (float.bias[h]! - first.offset[h]!) / first.scale[h]!;
		for (let c = 0; c < channels; c++) {
			const i = h * channels + c;
			// The device subtracts float32(mean); what that differs from the mean is constant and belongs to the bias.
			bias[h]! += (float.weight[i]! * (input[c]!.offset - inputMean[c]!)) / inputStd[c]! / first.scale[h]!;
			weights[i] = (float.weight[i]! * input[c]!.scale) / inputStd[c]! / first.scale[h]!;
		}
	}
	const unit = first.scale.map(Math.abs);
	const samples = { most: 32768, mean: new Float64Array(channels) };
	const steps = held?.map((step, h) => step / unit[h]!);
	const map = quantizeRows("encoder", weights, bias, channels, bits, 16, samples, steps);
	return { encoder: { kind: "linear", map }, input, grid: stepsOf(map).map((step, h) => step * unit[h]!) };
}

export const linear: EncoderQuantizer<FloatLinearEncoder, LinearEncoder> = { quantize };
