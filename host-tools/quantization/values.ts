// The values head to integers: value = output scale + offset. Forecasts are in the units of the samples, so that a device
// compares them directly; other values in a power of two of training's units.
import type { OutputScaling } from "../../src/network/kind";
import type { ValuesHead } from "../../src/network/values";
import type { FloatValues } from "../float/values";
import type { HeadContext, HeadQuantizer } from "./kind";
import { biasesOnIntegers, outputRoom, pooledInputs, realRows } from "./readout";
import { quantizeRows, stepsOf } from "./weight-rows";

/** Scaling of the outputs. @param bias in training's units, on the stream's integers */
function scalingOf(float: FloatValues, bias: Float64Array, context: HeadContext): OutputScaling[] {
	const { input } = context;
	if (float.ahead > 0) {
		if (input.length !== float.bias.length)
			throw new RangeError(
				`head: a forecast of ${float.bias.length} values from a network with ${input.length} channels`,
			);
		return input.map(({ scale, offset, unit }) => ({ scale, offset, unit }));
	}
	const unit = 2 ** Math.floor(Math.log2(outputRoom(float.weight, bias, context)));
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
	// Units of an output per unit of training.
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
		const weightReal = (weight: number, k: number) => (weight * scaling[k]!.scale) / float.scale[k]!;
		const biasReal = (code: number, k: number) =>
			(code * scaling[k]!.scale + scaling[k]!.offset - float.offset[k]!) / float.scale[k]!;
		return { ...float, ...realRows(map, last, H, weightReal, biasReal) };
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
