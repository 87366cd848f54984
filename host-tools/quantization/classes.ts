// The classes head to integers: a logit is an integer in units of 2^-fraction.
import type { ClassesHead } from "../../src/network/classes";
import type { FloatClasses } from "../float/classes";
import type { HeadContext, HeadQuantizer } from "./kind";
import { biasesOnIntegers, outputRoom, pooledInputs, realRows } from "./readout";
import { quantizeRows, stepsOf } from "./weight-rows";

function quantize(
	float: FloatClasses,
	context: HeadContext,
): ReturnType<HeadQuantizer<FloatClasses, ClassesHead>["quantize"]> {
	const { H, precision, last, held } = context;
	const outputs = float.bias.length;
	const realBias = biasesOnIntegers(float, context);
	const room = outputRoom(float.weight, realBias, context);
	const logitFraction = Math.max(0, Math.min(16, Math.floor(Math.log2(room))));
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
		const inLogits = (integer: number) => integer / 2 ** fraction;
		return { ...float, ...realRows(map, last, H, inLogits, inLogits) };
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
	seen: (float, H) => ({
		...float,
		weight: Float64Array.from({ length: H * H }, (_, i) => (i % (H + 1) ? 0 : 1)),
		bias: new Float64Array(H),
	}),
	savedOutput: "logits",
};
