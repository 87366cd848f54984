// Where a training through the quantizer begins: the weights that compensated rounding chose, as real numbers. Training rounds
// to nearest at every update; from the float weights its first steps at 2 or 3 bits are lost in a network that knows nothing
// any more, from these it begins where packing without training ends.

import type { Linear, S4dLayer } from "../../src/model/network";
import { continuousC } from "../checkpoints/forward";
import type { FloatLayer, FloatModel } from "../checkpoints/model";
import type { Ranges } from "./calibrate";
import type { Precision } from "./precision";
import { type LayerUnits, quantizeWithUnits, type ResidualScale } from "./quantize";
import { coarseScaleValue, scaleValue } from "./scale";

/** Nothing of these is in the weights. */
const DETAILS = { steps: 0, rate: 0, notes: "", ditherSeed: 1 };

/** Weight of row r and column k in units of the output a unit of the input code. */
const weightOf = ({ columns, weights, scale, preshift }: Linear, r: number, k: number) =>
	(weights[r * columns + k]! * coarseScaleValue(scale[r]!)) / 2 ** preshift;

/** C in real numbers, whose discretization is what the codes stand for. */
function realC(layer: S4dLayer, float: FloatLayer, { stateRe, stateIm }: LayerUnits, H: number, N: number) {
	const CbarRe = new Float64Array(H * N);
	const CbarIm = new Float64Array(H * N);
	const { codes, scale, preshift } = layer.C;
	for (let i = 0; i < H * N; i++) {
		const unit = coarseScaleValue(scale[Math.floor(i / N)]!) / 2 ** (preshift + layer.yFraction);
		CbarRe[i] = (codes[2 * i]! * unit) / stateRe[i]!;
		CbarIm[i] = (codes[2 * i + 1]! * unit) / stateIm[i]!;
	}
	return continuousC(float, H, N, CbarRe, CbarIm);
}

/** Value and gate maps in real numbers; the zero of g's codes comes out of the biases again. */
function realMaps({ g, value, gate, valueShift, gateFraction, yFraction }: S4dLayer, before: ResidualScale) {
	const H = value.rows;
	const gUnit = 2 ** -yFraction / scaleValue(g.scale);
	const outputWeight = new Float64Array(2 * H * H);
	const outputBias = new Float64Array(2 * H);
	for (let r = 0; r < 2 * H; r++) {
		const [map, row] = r < H ? [value, r] : [gate, r - H];
		const unit = r < H ? before.scale[row]! * 2 ** valueShift : 2 ** -gateFraction;
		outputBias[r] = map.bias[row]! * unit;
		for (let k = 0; k < H; k++) {
			const weight = (weightOf(map, row, k) * unit) / gUnit;
			outputWeight[r * H + k] = weight;
			outputBias[r]! -= weight * gUnit * g.zero;
		}
	}
	return { outputWeight, outputBias };
}

/**
 * `model` with C, value, gate and decoder as compensated rounding leaves them; everything else is as it was.
 * @throws RangeError naming the tensor that cannot be represented
 */
export function compensatedModel(model: FloatModel, ranges: Ranges, precision: Precision): FloatModel {
	const { H, N, classes } = model;
	const { network, units } = quantizeWithUnits(model, ranges, precision, DETAILS, true);
	const { decoder, logitFraction } = network;
	const last = units.residual.at(-1)!;
	const decoderWeight = new Float64Array(classes * H);
	const decoderBias = Float64Array.from(decoder.bias, (bias) => bias / 2 ** logitFraction);
	for (let i = 0; i < classes * H; i++) {
		const [r, h] = [Math.floor(i / H), i % H];
		decoderWeight[i] = weightOf(decoder, r, h) / 2 ** logitFraction / last.scale[h]!;
		decoderBias[r]! -= decoderWeight[i]! * last.offset[h]!;
	}
	return {
		...model,
		decoderWeight,
		decoderBias,
		layers: model.layers.map((float, l) => ({
			...float,
			...realC(network.layers[l]!, float, units.layers[l]!, H, N),
			...realMaps(network.layers[l]!, units.residual[l]!),
		})),
	};
}
