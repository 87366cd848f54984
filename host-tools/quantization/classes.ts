// The head that tells classes, to integers: a logit is an integer in units of 2^-fraction.
import type { ClassesHead } from "../../src/network/classes";
import type { FloatClasses } from "../float/classes";
import { HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { HeadContext, HeadQuantizer } from "./kind";
import { biasesOnIntegers, pooledInputs } from "./readout";
import { quantizeRows, stepsOf, weightOf } from "./weight-rows";

function quantize(
	float: FloatClasses,
	context: HeadContext,
): ReturnType<HeadQuantizer<FloatClasses, ClassesHead>["quantize"]> {
	const { H, ranges, precision, last, held } = context;
	const outputs = float.bias.length;
	const realBias = biasesOnIntegers(float, context);
	// What rounding changes on average goes into the biases.
	const biasRoom = ranges.pooled ? HEADROOM : 1;
	const logitMost = Math.max(2 * ranges.output, 2, ...realBias.map((bias) => biasRoom * Math.abs(bias)));
	const decoderMost = float.weight.reduce(
		(most, w, i) => Math.max(most, Math.abs(w * last.scale[i % H]!)),
		0,
	);
	const logitRoom = Math.min(
		INT16_MAX / logitMost,
		STEP_MAX / (stepFor(decoderMost, precision.decoder) || 1),
	);
	const logitFraction = Math.max(0, Math.min(16, Math.floor(Math.log2(logitRoom))));
	const logitUnit = 2 ** logitFraction;
	const decoder = float.weight.map((w, i) => w * logitUnit * last.scale[i % H]!);
	const decoderBias = realBias.map((bias) => bias * logitUnit);

	const map = quantizeRows(
		"decoder",
		decoder,
		decoderBias,
		H,
		precision.decoder,
		16,
		pooledInputs(context),
		held?.map((step) => step * logitUnit),
	);
	return {
		head: { kind: "classes", pooling: float.pooling, outputs, map, fraction: logitFraction },
		grid: stepsOf(map).map((step) => step / logitUnit),
		units: { unit: new Float64Array(outputs).fill(1 / logitUnit), zero: new Float64Array(outputs) },
	};
}

export const classes: HeadQuantizer<FloatClasses, ClassesHead> = {
	quantize,
	real(float, { map, fraction }, last, H) {
		const weight = new Float64Array(map.rows * H);
		const bias = Float64Array.from(map.bias, (code) => code / 2 ** fraction);
		for (let i = 0; i < weight.length; i++) {
			const [r, h] = [Math.floor(i / H), i % H];
			weight[i] = weightOf(map, r, h) / 2 ** fraction / last.scale[h]!;
			bias[r]! -= weight[i]! * last.offset[h]!;
		}
		return { ...float, weight, bias };
	},
	// Only differences between logits matter; errors below a unit do not count.
	distance({ fraction }, real, outputs) {
		const centred = (logits: Float64Array) => {
			const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
			return logits.map((logit) => logit - mean);
		};
		const wanted = centred(real);
		const squares = centred(Float64Array.from(outputs, (output) => output / 2 ** fraction)).reduce(
			(sum, logit, k) => sum + (logit - wanted[k]!) ** 2,
			0,
		);
		return squares + 2 ** (-2 * fraction);
	},
	savedOutput: "logits",
};
