// The head that tells classes, to integers: a logit is an integer in units of 2^-fraction.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { ClassesHead } from "../../src/network/classes";
import type { FloatClasses } from "../float/classes";
import type { Ranges } from "./calibrate";
import { HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { Precision } from "./precision";
import type { ResidualScale } from "./residual";
import { type Inputs, quantizeRows } from "./rows";

/** Name of the greatest output among ranges that are saved. */
export const SAVED_OUTPUT = "logits";

export interface HeadSurroundings {
	H: number;
	ranges: Ranges;
	precision: Precision;
	/** Of the residual stream after the last block. */
	last: ResidualScale;
	compensate: boolean;
	/** Steps of the rows in real units, when they are not to be chosen. */
	held: Float64Array | undefined;
}

export function quantizeClasses(
	float: FloatClasses,
	{ H, ranges, precision, last, compensate, held }: HeadSurroundings,
): ClassesHead {
	const classes = float.bias.length;
	// The residual's offset goes into the decoder's bias, which may so become greater than any logit.
	const realBias = Float64Array.from(float.bias);
	for (let i = 0; i < classes * H; i++)
		realBias[Math.floor(i / H)]! += float.weight[i]! * last.offset[i % H]!;
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

	const { pooled } = ranges;
	const pooledInputs: Inputs = {
		most: symmetricMax(precision.residual),
		mean: pooled?.mean.map((m, h) => (m - last.offset[h]!) / last.scale[h]!) ?? new Float64Array(H),
		...(pooled &&
			compensate && {
				covariance: pooled.covariance.map(
					(v, i) => v / (last.scale[Math.floor(i / H)]! * last.scale[i % H]!),
				),
			}),
	};

	const decoderSteps = held?.map((step) => step * logitUnit);
	return {
		kind: "classes",
		pooling: float.pooling,
		outputs: classes,
		map: quantizeRows("decoder", decoder, decoderBias, H, precision.decoder, 16, pooledInputs, decoderSteps),
		fraction: logitFraction,
	};
}
