// What quantization-aware training computes in: the integer network of the weights as they are now, made by the one quantizer
// (host-tools/quantization) and handed to the native trainer. Ranges are calibrated once and held, precisions are fixed, scales
// of weights follow the weights. The same model and ranges always give the same integers, so that the packed network computes
// what was trained.
import { z } from "zod";
import type { QuantizedNetwork } from "../../src/model/network";
import type { FloatModel } from "../checkpoints/model";
import type { LayerRanges, Ranges } from "../quantization/calibrate";
import type { Grid } from "../quantization/grid";
import { applyBits, choosePrecision, formatBits, type Precision } from "../quantization/precision";
import { type NetworkDetails, quantizeWithUnits, type Units } from "../quantization/quantize";
import { UserError } from "../terminal/errors";
import { asSaved, type FlatModel, flatten, viewOf } from "./parameters";

/** How a trained network is quantized; stands in its checkpoint's metadata as `quantization` (formatQuantization). */
export interface Quantization {
	precision: Precision;
	ranges: Ranges;
	/** Seed of the dither generator. */
	ditherSeed: number;
	/** The grids that codes are held to; without, the best for the weights. */
	grid?: Grid;
}

/** @throws UserError when a tensor of the weights as they are now cannot be represented */
export function quantizeTrained(
	like: FloatModel,
	flat: FlatModel,
	{ precision, ranges, ditherSeed, grid }: Quantization,
	details: Omit<NetworkDetails, "ditherSeed"> = { steps: 0, rate: 0, notes: "" },
): { network: QuantizedNetwork; units: Units; grid: Grid } {
	const model = viewOf(like, asSaved(flat));
	try {
		return quantizeWithUnits(model, ranges, precision, { ...details, ditherSeed }, false, grid);
	} catch (error) {
		if (error instanceof RangeError)
			throw new UserError(
				`The network cannot be quantized like this: ${error.message}. Choose more bits for that tensor, or a lower rate.`,
			);
		throw error;
	}
}

/** The integer network that was trained, for the packer: its logits are those that training saw. */
export function trainedNetwork(
	model: FloatModel,
	quantization: Quantization,
	details: Omit<NetworkDetails, "ditherSeed">,
): QuantizedNetwork {
	return quantizeTrained(model, flatten(model), quantization, details).network;
}

const Numbers = z.array(z.number()).transform((list) => Float64Array.from(list));
const SavedRanges = z.object({
	inputMin: Numbers,
	inputMax: Numbers,
	residualMin: Numbers,
	residualMax: Numbers,
	logits: z.number(),
	count: z.number(),
	accuracy: z.number(),
	pooled: z.object({ mean: Numbers }).optional(),
	layers: z.array(
		z.object({
			residualMin: Numbers,
			residualMax: Numbers,
			z: Numbers,
			state: Numbers,
			y: z.number(),
			gMin: z.number(),
			gMax: z.number(),
			value: Numbers,
			gMean: Numbers.optional(),
		}),
	),
});
const Bytes = z.array(z.int().min(0).max(255)).transform((list) => Uint8Array.from(list));
const SavedGrid = z.object({
	encoder: Numbers,
	decoder: Numbers,
	layers: z.array(
		z.object({
			A: z
				.object({
					radiusStep: z.int().min(0).max(255),
					phaseShift: z.int().min(0).max(10),
					radiusOffset: Bytes,
					phaseBase: z.array(z.int().min(0).max(1023)).transform((list) => Uint16Array.from(list)),
				})
				.nullable(),
			B: z.object({ codes: Bytes, shift: Bytes }),
			u: Bytes,
			C: Numbers,
			D: z.number(),
			value: Numbers,
			gate: Numbers,
		}),
	),
});
const Saved = z.object({
	bits: z.string(),
	ditherSeed: z.int(),
	ranges: SavedRanges,
	grid: SavedGrid.optional(),
});

/** Whether a grid is one of a network of this shape. */
function gridFits(grid: Grid, { H, N, L, decoderBias }: FloatModel): boolean {
	return (
		grid.encoder.length === H &&
		grid.decoder.length === decoderBias.length &&
		grid.layers.length === L &&
		grid.layers.every(
			({ A, B, u, C, value, gate }) =>
				[B.shift, u, C, value, gate].every(({ length }) => length === H) &&
				B.codes.length === H * N &&
				(A === null || (A.radiusOffset.length === H && A.phaseBase.length === H)),
		)
	);
}

/** As text for a checkpoint's metadata; without second moments and samples of z, which only compensated rounding needs. */
export function formatQuantization({ precision, ranges, ditherSeed, grid }: Quantization): string {
	const layers = ranges.layers.map(({ gMoments: _, drive: __, ...rest }) => rest);
	const pooled = ranges.pooled && { mean: ranges.pooled.mean };
	return JSON.stringify(
		{ bits: formatBits(precision), ditherSeed, ranges: { ...ranges, pooled, layers }, grid },
		(_, value) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value),
	);
}

/** What `formatQuantization` wrote, for `model`. @throws UserError when it is something else */
export function parseQuantization(model: FloatModel, text: string): Quantization {
	const { H, N, L, channels } = model;
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	const parsed = Saved.safeParse(json);
	const fits =
		parsed.success &&
		parsed.data.ranges.layers.length === L &&
		[parsed.data.ranges.inputMin, parsed.data.ranges.inputMax].every((a) => a.length === channels) &&
		[parsed.data.ranges, ...parsed.data.ranges.layers].every(
			({ residualMin, residualMax }) => residualMin.length === H && residualMax.length === H,
		) &&
		parsed.data.ranges.layers.every(
			(l) => [l.z, l.value, l.gMean ?? l.z].every(({ length }) => length === H) && l.state.length === H * N,
		) &&
		(parsed.data.ranges.pooled?.mean.length ?? H) === H &&
		(parsed.data.grid === undefined || gridFits(parsed.data.grid, model));
	if (!fits)
		throw new UserError(
			"The checkpoint's metadata `quantization` does not fit its network; quantize it by calibration instead.",
		);
	const { bits, ditherSeed, ranges, grid } = parsed.data;
	const precision = choosePrecision(L);
	applyBits(precision, bits);
	const none = new Float64Array(0);
	const layers = ranges.layers.map(
		({ gMean = none, ...layer }): LayerRanges => ({ ...layer, gMean, gMoments: none }),
	);
	const { pooled: seen, ...rest } = ranges;
	const pooled = seen && { ...seen, covariance: none };
	return {
		precision,
		ditherSeed,
		ranges: { ...rest, ...(pooled && { pooled }), layers },
		...(grid && { grid }),
	};
}
