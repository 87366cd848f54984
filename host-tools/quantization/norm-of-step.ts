// Norms over the heads of a step to integers (docs/ARITHMETIC.md, section 8): a scale of 16 bits and a zero per head. Their input
// has one unit in all heads (residual.ts); units of the output are free, one per head, and follow from its range alone, so that
// training through the quantizer has no grid to hold.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { EPSILON_MAX, type Normalization } from "../../src/network/normalization";
import type { NormQuantizer } from "./kind";
import { encodeScale } from "./scale";
import type { AffinePrecision } from "./widths/affine";

/** Float parameters of a norm over the heads of a step. */
export interface NormOfStepNumbers {
	weight: Float64Array; // (H)
	bias: Float64Array; // (H)
	eps: number;
	/** Whether the mean is subtracted. */
	centred: boolean;
}

/** v, the normalized residual, has 17 fractional bits and includes a factor of sqrt(H). */
const NORMALIZED_BITS = 17;
/** The scale that gives 0 for every v, and the smallest scale. */
const LEAST = { code: 31 << 11, value: 2 ** -20 };
/** u is rounded from 1/256 of its unit. */
const FINE = 256;

/** @throws RangeError when all weights are 0 */
export function refuseZeros(where: string, weight: Float64Array): void {
	if (weight.every((w) => w === 0))
		throw new RangeError(
			`${where}: all weights are 0, so its output is 0; train further without weight decay on norms, or remove the layer`,
		);
}

/**
 * @param unit real size of a unit of the input @param out (H) and of the output, which is 0 at the real value `middle` (H)
 * @throws RangeError when numbers are out of range
 */
function normalization(
	where: string,
	{ weight, bias, eps, centred }: NormOfStepNumbers,
	unit: number,
	out: Float64Array,
	middle?: Float64Array,
): Normalization {
	const H = weight.length;
	refuseZeros(where, weight);
	if (H === 1 && centred)
		throw new RangeError(`${where}: LayerNorm over a single head outputs only its bias; train without it`);
	const epsilon = Math.max(1, Math.round((H * eps) / unit ** 2));
	if (!(epsilon <= EPSILON_MAX))
		throw new RangeError(`${where}: eps ${eps} is out of range for a residual stream in units of ${unit}`);
	const scale = new Uint16Array(H);
	const zero = new Int16Array(H);
	for (let h = 0; h < H; h++) {
		const slope = (Math.abs(weight[h]!) * Math.sqrt(H)) / 2 ** NORMALIZED_BITS / out[h]!;
		scale[h] = slope < LEAST.value ? LEAST.code : encodeScale(`${where} scale of head ${h}`, slope);
		// Within 16 bits, because the range of the output includes the bias.
		zero[h] = Math.round((bias[h]! - (middle?.[h] ?? 0)) / out[h]!);
	}
	return { epsilon, negative: Uint8Array.from(weight, (w) => (w < 0 ? 1 : 0)), scale, zero };
}

type NormOfStep<K> = { kind: K; bits: number } & Normalization;

export function normOfStep<K extends "layer" | "rms", Float>(
	kind: K,
	numbersOf: (float: Float) => NormOfStepNumbers,
): NormQuantizer<Float, NormOfStep<K>, object, AffinePrecision> {
	return {
		norm: kind,
		post: kind,
		quantize(float, { where, before, ranges, precision }) {
			const bits = precision.u;
			const numbers = numbersOf(float);
			// The zero of u must reach the bias, whatever was clipped.
			const most = numbers.bias.map((bias, h) => Math.max(ranges.z[h]!, Math.abs(bias)) || 1);
			const uStep = most.map((z) => z / symmetricMax(bits));
			const fine = uStep.map((step) => step / FINE);
			const norm = normalization(`${where} norm`, numbers, before.scale[0]!, fine);
			return { norm: { kind, bits, ...norm }, uStep, grid: {} };
		},
		quantizePost: (float, { where, before, after: { scale, offset } }) => ({
			kind,
			...normalization(`${where} norm`, numbersOf(float), before.scale[0]!, scale, offset),
		}),
		saved: { fields: {}, fits: () => true },
	};
}
