// Maps of H rows over g's codes, as in channel mixers: values and gates. g's zero is folded into the biases, using the rounded
// weights.
import type { Linear } from "../../src/network/linear";
import type { Block } from "../../src/network/network";
import { fractionFor, HEADROOM, stepFor } from "./formats";
import type { BlockContext, UnitsOfValues } from "./kind";
import { scaleValue } from "./scale";
import { type Inputs, quantizeRows, weightOf } from "./weight-rows";

/** Weights (rows, H) and biases (rows) of one map or of several, concatenated. */
interface Rows {
	weight: Float64Array;
	bias: Float64Array;
}

export function overG(
	{ weight, bias }: Rows,
	{ H, ranges, precision, compensate }: BlockContext<{ bias: 8 | 16 }>,
	{ gStep, zero }: UnitsOfValues,
) {
	const { gMean, gMoments } = ranges;
	const inputs: Inputs = {
		most: 2 ** (precision.g - 1),
		mean: gMean.length ? gMean.map((m) => m / gStep - zero) : new Float64Array(H).fill(-zero),
		...(compensate && {
			covariance: gMoments.map((m, i) => (m - gMean[Math.floor(i / H)]! * gMean[i % H]!) / gStep ** 2),
		}),
	};
	/** Bias of a row with g's zero in it, in real units. */
	const folded = (row: number) => {
		let sum = bias[row]!;
		for (let k = 0; k < H; k++) sum += gStep * zero * weight[row * H + k]!;
		return sum;
	};
	/** Maximum weight of a row, in real units per unit of g. */
	const most = (row: number) =>
		gStep * weight.subarray(row * H, (row + 1) * H).reduce((top, w) => Math.max(top, Math.abs(w)), 0);
	return {
		folded,
		most,
		/** Fractional bits of H gates from row `first`. Gates beyond 8 saturate anyway. */
		gateFraction(first: number, bits: number): number {
			let [range, step] = [8, 0];
			for (let row = first; row < first + H; row++) {
				step = Math.max(step, stepFor(most(row), bits));
				range = Math.max(range, HEADROOM * Math.abs(folded(row)));
			}
			return fractionFor(range, step || 1);
		},
		/** H rows from row `first`; `unit` is the real size of one of a row's outputs. */
		map(
			tensor: string,
			first: number,
			unit: (h: number) => number,
			bits: number,
			held: Float64Array | undefined,
		): Linear {
			const weights = Float64Array.from(
				{ length: H * H },
				(_, i) => (weight[first * H + i]! * gStep) / unit(Math.floor(i / H)),
			);
			const biases = Float64Array.from({ length: H }, (_, r) => folded(first + r) / unit(r));
			const steps = held?.map((step, r) => step / Math.abs(unit(r)));
			return quantizeRows(tensor, weights, biases, H, bits, precision.bias, inputs, steps);
		},
	};
}

/** The real size of a unit of g in a quantized block. */
const unitOfG = ({ activation, yFraction }: Block): number => 2 ** -yFraction / scaleValue(activation.scale);

/** Weights and biases that maps over g represent, concatenated; g's zero is taken out of the biases again. */
export function realOverG(
	block: Block,
	H: number,
	maps: readonly { map: Linear; unit: (h: number) => number }[],
): Rows {
	const gUnit = unitOfG(block);
	const weight = new Float64Array(maps.length * H * H);
	const bias = new Float64Array(maps.length * H);
	for (const [m, { map, unit }] of maps.entries())
		for (let h = 0; h < H; h++) {
			const row = m * H + h;
			bias[row] = map.bias[h]! * unit(h);
			for (let k = 0; k < H; k++) {
				const w = (weightOf(map, h, k) * unit(h)) / gUnit;
				weight[row * H + k] = w;
				bias[row]! -= w * gUnit * block.activation.zero;
			}
		}
	return { weight, bias };
}
