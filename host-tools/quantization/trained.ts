// The integer network of the current weights in quantization-aware training, made by the one quantizer
// (host-tools/quantization) and passed to the native trainer. Ranges are calibrated once and held, precisions are fixed, scales
// of weights follow the weights. The same model and ranges always give the same integers, so that the packed network computes
// exactly what was trained.
import { z } from "zod";
import type { Network } from "../../src/network/network";
import { asSaved, type FlatModel, flatten, viewOf } from "../float/flat";
import { type FloatBlock, type FloatModel, floatMixerKind, normsOf, outputsOf } from "../float/model";
import { UserError } from "../terminal/errors";
import { channelQuantizer, headQuantizer, mixerQuantizer, normQuantizer } from "./block";
import type { LayerRanges, Ranges } from "./calibrate";
import type { Grid, LayerGrid } from "./grid";
import { type NetworkDetails, quantizeWithUnits, type Units } from "./network";
import { applyBits, choosePrecision, formatBits, type Precision } from "./precision";
import { Numbers } from "./saved";
import { floatShape } from "./shape";

/** How a trained network is quantized; stored in its checkpoint's metadata as `quantization` (formatQuantization). */
export interface Quantization {
	precision: Precision;
	ranges: Ranges;
	/** Seed of the dither generator. */
	ditherSeed: number;
	/** Fixed grids; absent: the best for the weights. */
	grid?: Grid;
}

/** @throws UserError when a tensor of the current weights cannot be represented */
export function quantizeTrained(
	like: FloatModel,
	flat: FlatModel,
	{ precision, ranges, ditherSeed, grid }: Quantization,
	details: Omit<NetworkDetails, "ditherSeed"> = { steps: 0, rate: 0, channels: [], notes: "" },
): { network: Network; units: Units; grid: Grid } {
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
): Network {
	return quantizeTrained(model, flatten(model), quantization, details).network;
}

const SavedRanges = z.object({
	inputMin: Numbers,
	inputMax: Numbers,
	residualMin: Numbers,
	residualMax: Numbers,
	output: z.number(),
	count: z.number(),
	accuracy: z.number().nullable(),
	pooled: z.object({ mean: Numbers }).optional(),
	layers: z.array(
		z.object({
			residualMin: Numbers,
			residualMax: Numbers,
			sum: z.number().default(0),
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

const savedNorm = (block: FloatBlock) => normQuantizer(normsOf(block).before).saved;
const savedMixer = ({ mixer }: FloatBlock) => mixerQuantizer(mixer).saved;
const savedChannel = ({ channel }: FloatBlock) => channelQuantizer(channel).saved;

/** Metadata of such a network. */
function savedFor({ blocks, head }: FloatModel) {
	const { savedOutput } = headQuantizer(head);
	const grids = blocks.map((block) =>
		z.object({
			...savedNorm(block).fields,
			...savedMixer(block).fields,
			...savedChannel(block).fields,
		}),
	);
	return z.object({
		bits: z.string(),
		ditherSeed: z.int(),
		ranges: z.preprocess(
			(saved) => saved && { ...saved, output: (saved as Record<string, unknown>)[savedOutput] },
			SavedRanges,
		),
		grid: z
			.object({
				encoder: Numbers,
				decoder: Numbers,
				layers: z.tuple(grids as unknown as [z.ZodObject]) as unknown as z.ZodType<LayerGrid[]>,
			})
			.optional(),
	});
}

/** Whether a grid matches a network of this shape. */
function gridFits(grid: Grid, model: FloatModel): boolean {
	const { H, blocks } = model;
	return (
		grid.encoder.length === H &&
		grid.decoder.length === outputsOf(model) &&
		grid.layers.every((layer, l) => {
			const block = blocks[l]!;
			return (
				savedNorm(block).fits(layer, normsOf(block).before, H) &&
				savedMixer(block).fits(layer, block.mixer, H) &&
				savedChannel(block).fits(layer, block.channel, H)
			);
		})
	);
}

/** As text for a checkpoint's metadata; without second moments and samples of z, which only compensated rounding needs. */
export function formatQuantization({ precision, ranges, ditherSeed, grid }: Quantization): string {
	const layers = ranges.layers.map(({ gMoments: _, drive: __, ...rest }) => rest);
	const pooled = ranges.pooled && { mean: ranges.pooled.mean };
	const saved = Object.entries({ ...ranges, pooled, layers }).map(([key, value]) => [
		key === "output" ? headQuantizer(precision.kinds.head).savedOutput : key,
		value,
	]);
	return JSON.stringify(
		{ bits: formatBits(precision), ditherSeed, ranges: Object.fromEntries(saved), grid },
		(_, value) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value),
	);
}

/** What `formatQuantization` wrote, for `model`. @throws UserError when it is something else */
export function parseQuantization(model: FloatModel, text: string): Quantization {
	const { H, channels, blocks } = model;
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	const parsed = savedFor(model).safeParse(json);
	const fits =
		parsed.success &&
		parsed.data.ranges.layers.length === blocks.length &&
		[parsed.data.ranges.inputMin, parsed.data.ranges.inputMax].every((a) => a.length === channels) &&
		[parsed.data.ranges, ...parsed.data.ranges.layers].every(
			({ residualMin, residualMax }) => residualMin.length === H && residualMax.length === H,
		) &&
		parsed.data.ranges.layers.every(
			({ z, value, gMean = z, state }, l) =>
				[z, value, gMean].every(({ length }) => length === H) &&
				state.length === floatMixerKind(blocks[l]!.mixer).stateUnits(blocks[l]!.mixer, H),
		) &&
		(parsed.data.ranges.pooled?.mean.length ?? H) === H &&
		(parsed.data.grid === undefined || gridFits(parsed.data.grid, model));
	if (!fits)
		throw new UserError(
			"The checkpoint's metadata `quantization` does not fit its network; quantize it by calibration instead.",
		);
	const { bits, ditherSeed, ranges, grid } = parsed.data;
	const precision = choosePrecision(floatShape(model));
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
