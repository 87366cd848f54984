// Shared by the quantizers of heads: a linear map of the pooled residual stream.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { Linear } from "../../src/network/linear";
import { HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { HeadContext } from "./kind";
import type { ResidualScale } from "./residual";
import { type Inputs, weightOf } from "./weight-rows";

interface Rows {
	weight: Float64Array;
	bias: Float64Array;
}

/** Statistics of the pooled residual stream in its integers. */
export function pooledInputs({ H, ranges: { pooled }, precision, last, compensate }: HeadContext): Inputs {
	return {
		most: symmetricMax(precision.residual),
		mean: pooled?.mean.map((m, h) => (m - last.offset[h]!) / last.scale[h]!) ?? new Float64Array(H),
		...(pooled &&
			compensate && {
				covariance: pooled.covariance.map(
					(v, i) => v / (last.scale[Math.floor(i / H)]! * last.scale[i % H]!),
				),
			}),
	};
}

/** Biases of a map of the stream's integers: includes the stream's offset, which may make them larger than any output. */
export function biasesOnIntegers({ weight, bias }: Rows, { H, last }: HeadContext): Float64Array {
	const all = Float64Array.from(bias);
	for (let i = 0; i < weight.length; i++) all[Math.floor(i / H)]! += weight[i]! * last.offset[i % H]!;
	return all;
}

/** Number of output units per unit of training, limited by 16 bits and by scales. @param bias from biasesOnIntegers */
export function outputRoom(
	weight: Float64Array,
	bias: Float64Array,
	{ H, ranges, precision, last }: HeadContext,
): number {
	// The correction for mean rounding errors goes into the biases.
	const biasRoom = ranges.pooled ? HEADROOM : 1;
	const most = Math.max(2 * ranges.output, 2, ...bias.map((b) => biasRoom * Math.abs(b)));
	const weightMost = weight.reduce((top, w, i) => Math.max(top, Math.abs(w * last.scale[i % H]!)), 0);
	return Math.min(INT16_MAX / most, STEP_MAX / (stepFor(weightMost, precision.decoder) || 1));
}

/**
 * Weights and biases that a map of the stream's integers represents.
 * @param weightReal @param biasReal a weight and a bias of output k in training's units
 */
export function realRows(
	map: Linear,
	last: ResidualScale,
	H: number,
	weightReal: (weight: number, k: number) => number,
	biasReal: (code: number, k: number) => number,
): Rows {
	const weight = new Float64Array(map.rows * H);
	const bias = Float64Array.from(map.bias, biasReal);
	for (let i = 0; i < weight.length; i++) {
		const [k, h] = [Math.floor(i / H), i % H];
		weight[i] = weightReal(weightOf(map, k, h), k) / last.scale[h]!;
		bias[k]! -= weight[i]! * last.offset[h]!;
	}
	return { weight, bias };
}
