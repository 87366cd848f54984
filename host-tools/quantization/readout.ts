// What the quantizers of heads share: a linear map of the pooled residual stream.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { HeadContext } from "./kind";
import type { Inputs } from "./weight-rows";

/** What is known of the pooled residual stream in its integers. */
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

/** Biases of a map of the stream's integers: the stream's offset goes into them, which may so become greater than any output. */
export function biasesOnIntegers(
	{ weight, bias }: { weight: Float64Array; bias: Float64Array },
	{ H, last }: HeadContext,
): Float64Array {
	const all = Float64Array.from(bias);
	for (let i = 0; i < weight.length; i++) all[Math.floor(i / H)]! += weight[i]! * last.offset[i % H]!;
	return all;
}
