// A float network with ranges and precisions to integers (docs/ARITHMETIC.md, section 8). All real-valued computation ends
// here. Quantization-aware training calls it for every batch: one pass over the parameters, deterministic, rounding to nearest
// unless asked for more.

import type { InputChannel, Network } from "../../src/network/network";
import { toSample } from "../../src/network/sample";
import type { FloatModel } from "../float/model";
import { encoderQuantizer, headQuantizer, quantizeBlock } from "./block";
import type { Ranges } from "./calibrate";
import type { Grid, LayerUnits } from "./grid";
import type { OutputUnits } from "./kind";
import type { Precision } from "./precision";
import { type ResidualScale, residualScales } from "./residual";

/** Real units of a quantized network's integers. */
export interface Units {
	residual: ResidualScale[]; // before each layer and after the last
	layers: LayerUnits[];
	outputs: OutputUnits;
}

/** Initial dither word of every model; any number works, this is 2^32 / golden ratio. */
export const DITHER_SEED = 0x9e3779b9 | 0;

/** Properties of a quantized network besides its integers. */
export interface NetworkDetails {
	/** Steps per sequence; 0: any. */
	steps: number;
	/** Samples per second; 0: unknown. */
	rate: number;
	/** Names and units of the channels, if known. */
	channels: readonly { name: string; unit: string }[];
	notes: string;
	/** Seed of the dither generator. */
	ditherSeed: number;
}

/**
 * The integer network.
 * @param compensate carry rounding errors of linear weights under 8 bits into the weights not yet rounded; off for training
 * @throws RangeError naming the tensor that cannot be represented
 */
export function quantize(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	details: NetworkDetails,
	compensate: boolean,
): Network {
	return quantizeWithUnits(model, ranges, precision, details, compensate).network;
}

/**
 * As `quantize`, with the real units of the integers and their grids, for training through them.
 * @param held grids to use instead of the best ones; not with `compensate`
 */
export function quantizeWithUnits(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	details: NetworkDetails,
	compensate: boolean,
	held?: Grid,
): { network: Network; units: Units; grid: Grid } {
	const { H, inputMean, inputStd, encoder: floatEncoder, head: floatHead } = model;
	const residual = residualScales(model, ranges, precision.residual);
	// Layers first: what is out of range in one would show in the encoder's scales as well.
	const layers = model.blocks.map((block, l) =>
		quantizeBlock(block, {
			where: `layer ${l}`,
			H,
			ranges: ranges.layers[l]!,
			precision: precision.layers[l]!,
			before: residual[l]!,
			after: residual[l + 1]!,
			compensate,
			held: held?.layers[l],
		}),
	);
	const {
		encoder,
		input: scaling,
		grid: encoderGrid,
	} = encoderQuantizer(floatEncoder).quantize(floatEncoder, {
		...{ H, inputMean, inputStd, ranges, bits: precision.encoder, first: residual[0]!, held: held?.encoder },
	});
	const input = scaling.map((of, c): InputChannel => {
		const { name = "", unit = "" } = details.channels[c] ?? {};
		return { name, unit, ...of };
	});
	const last = residual.at(-1)!;
	const {
		head,
		grid: decoder,
		units: outputs,
	} = headQuantizer(floatHead).quantize(floatHead, {
		...{ H, input, ranges, precision, last, compensate, held: held?.decoder },
	});
	const network: Network = {
		version: 0,
		H,
		residualBits: precision.residual,
		ditherSeed: details.ditherSeed,
		steps: details.steps,
		rate: details.rate,
		input,
		encoder,
		blocks: layers.map(({ block }) => block),
		head,
		labels: model.labels,
		notes: details.notes,
		golden: [],
	};
	return {
		network,
		units: { residual, layers: layers.map(({ units }) => units), outputs },
		grid: {
			encoder: encoderGrid,
			decoder,
			layers: layers.map(({ grid }) => grid),
		},
	};
}

/** Values (steps, channels) in physical units to samples of the same shape, as a device's input stage does. */
export const toSamples = (
	input: readonly InputChannel[],
	values: ArrayLike<number>,
): Int16Array<ArrayBuffer> =>
	Int16Array.from(values, (value, i) => toSample(input[i % input.length]!, value));
