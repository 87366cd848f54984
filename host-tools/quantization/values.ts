// The head that gives values, to integers: value = output scale + offset. Forecasts are in the units of the samples, so that a device
// compares both as they are; other values in a power of two of what training fits.
import type { OutputScaling } from "../../src/network/kind";
import type { ValuesHead } from "../../src/network/values";
import type { FloatValues } from "../float/values";
import { HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { HeadContext, HeadQuantizer } from "./kind";
import { biasesOnIntegers, pooledInputs } from "./readout";
import { quantizeRows, stepsOf, weightOf } from "./weight-rows";

/** What the outputs mean. @param bias in what training fits, on the stream's integers */
function scalingOf(float: FloatValues, bias: Float64Array, context: HeadContext): OutputScaling[] {
	const { ranges, precision, last, H, input } = context;
	if (float.ahead > 0) {
		if (input.length !== float.bias.length)
			throw new RangeError(
				`head: a forecast of ${float.bias.length} values where the network has ${input.length} channels`,
			);
		return input.map(({ scale, offset, unit }) => ({ scale, offset, unit }));
	}
	const biasRoom = ranges.pooled ? HEADROOM : 1;
	const most = Math.max(2 * ranges.output, 2, ...bias.map((b) => biasRoom * Math.abs(b)));
	const weightMost = float.weight.reduce(
		(greatest, w, i) => Math.max(greatest, Math.abs(w * last.scale[i % H]!)),
		0,
	);
	const room = Math.min(INT16_MAX / most, STEP_MAX / (stepFor(weightMost, precision.decoder) || 1));
	const unit = 2 ** Math.floor(Math.log2(room));
	return Array.from(float.scale, (scale, k) => ({
		scale: Math.fround(scale / unit),
		offset: Math.fround(float.offset[k]!),
		unit: float.units[k]!,
	}));
}

function quantize(
	float: FloatValues,
	context: HeadContext,
): ReturnType<HeadQuantizer<FloatValues, ValuesHead>["quantize"]> {
	const { H, precision, last, held } = context;
	const fitted = biasesOnIntegers(float, context);
	const scaling = scalingOf(float, fitted, context);
	// Units of an output in a unit of what training fits.
	const units = scaling.map(({ scale }, k) => float.scale[k]! / scale);
	const weights = float.weight.map((w, i) => w * last.scale[i % H]! * units[Math.floor(i / H)]!);
	const bias = fitted.map(
		(b, k) => b * units[k]! + (float.offset[k]! - scaling[k]!.offset) / scaling[k]!.scale,
	);
	const steps = held?.map((step, k) => step * units[k]!);
	const map = quantizeRows("decoder", weights, bias, H, precision.decoder, 16, pooledInputs(context), steps);
	const { pooling, moment, ahead } = float;
	return {
		head: { kind: "values", pooling, moment, ahead, outputs: bias.length, map, scaling },
		grid: stepsOf(map).map((step, k) => step / units[k]!),
		units: {
			unit: Float64Array.from(units, (unit) => 1 / unit),
			zero: Float64Array.from(scaling, ({ offset }, k) => (offset - float.offset[k]!) / float.scale[k]!),
		},
	};
}

export const values: HeadQuantizer<FloatValues, ValuesHead> = {
	quantize,
	real(float, { map, scaling }, last, H) {
		const weight = new Float64Array(map.rows * H);
		const bias = Float64Array.from(
			map.bias,
			(code, k) => (code * scaling[k]!.scale + scaling[k]!.offset - float.offset[k]!) / float.scale[k]!,
		);
		for (let i = 0; i < weight.length; i++) {
			const [r, h] = [Math.floor(i / H), i % H];
			weight[i] = (weightOf(map, r, h) * scaling[r]!.scale) / float.scale[r]! / last.scale[h]!;
			bias[r]! -= weight[i]! * last.offset[h]!;
		}
		return { ...float, weight, bias };
	},
	distance({ scaling }, real, outputs) {
		const results = outputs.length / scaling.length;
		let sum = 1; // errors below a unit do not count
		for (let i = 0; i < outputs.length; i++) {
			const { scale, offset } = scaling[i % scaling.length]!;
			sum += (outputs[i]! - (real[i]! - offset) / scale) ** 2 / results;
		}
		return sum;
	},
	savedOutput: "output",
};
