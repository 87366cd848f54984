// From a float checkpoint and training data to the bytes of a blob: calibrates, quantizes, adds golden vectors and a note of
// where it came from. The same inputs give the same bytes. No files are read or written here.
import { createHash } from "node:crypto";
import type { QuantizedNetwork } from "../../src/model/network";
import { writeBlob } from "../../src/model/write-blob";
import { Reference } from "../../src/reference/reference";
import { checkFit } from "../checkpoints/evaluate-float";
import type { FloatModel } from "../checkpoints/model";
import { UserError } from "../cli/errors";
import { type Dataset, select, sequence } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { calibrate, type RangeMethod, type Ranges } from "../quantization/calibrate";
import { chooseRanges } from "../quantization/choose-ranges";
import { formatBits, type Precision } from "../quantization/precision";
import { quantize, toSamples } from "../quantization/quantize";

export interface PackOptions {
	/** SHA-256 of the checkpoint's file in hexadecimal, for the notes. */
	checkpointHash: string;
	precision: Precision;
	/** Name of the preset that the precision began as, for the notes. */
	preset: string;
	/** Sequences to calibrate on, or all when there are fewer. */
	calibrate: number;
	/** How ranges are read; absent: the best of all, see chooseRanges. */
	how?: RangeMethod;
	/** Golden vectors, and the most steps of each. */
	golden: number;
	goldenSteps: number;
	/** Steps of the sequences that the model is for, 0 for any; default: those of the data when all are alike, else 0. */
	steps?: number;
	/** What an earlier calibration on the same rows found by `how`, instead of calibrating again. */
	ranges?: Ranges;
	/** Notes instead of the usual ones, where every byte counts. */
	notes?: object;
	onProgress?: (done: number, total: number) => void;
}

export interface Packed {
	blob: Uint8Array;
	network: QuantizedNetwork;
	/** How ranges were read. */
	how: RangeMethod;
	/** Calibration sequences, and the part of them that the float network gets right. */
	calibrated: number;
	floatAccuracy: number;
}

/** Dither begins here in every model: any number but 0 does; this is 2^32 / golden ratio. */
const DITHER_SEED = 0x9e3779b9 | 0;

function commonSteps({ lengths }: Dataset): number {
	return lengths.every((length) => length === lengths[0]) ? lengths[0]! : 0;
}

/** Adds sequences with the logits that the reference gives; `rows` come first to last. */
function addGolden(network: QuantizedNetwork, rows: Dataset, count: number, steps: number): void {
	const reference = new Reference(network);
	for (let i = 0; i < Math.min(count, rows.count); i++) {
		const samples = toSamples(network.input, sequence(rows, i).subarray(0, steps * network.channels));
		reference.reset();
		reference.write(samples);
		network.golden.push({ samples, logits: reference.logits() });
	}
}

/**
 * The blob of `model`, calibrated on `training`.
 * @param training the training split: scales and golden vectors are taken from it
 * @throws UserError when data and network do not fit, or a tensor cannot be represented or proven free of overflow
 */
export function pack(model: FloatModel, training: Dataset, options: PackOptions): Packed {
	checkFit(model, training);
	const { precision, onProgress } = options;
	const rows = select(training, calibrationRows(training, options.calibrate));
	const named = model.metadata.labels === undefined && model.labels.every((label, i) => label === String(i));
	const labels = named && training.classes.length === model.classes ? training.classes : model.labels;
	const onRow = (done: number) => onProgress?.(done, rows.count);
	const make = (ranges: Ranges, notes: string) =>
		quantize(
			{ ...model, labels },
			ranges,
			precision,
			{
				steps: options.steps ?? commonSteps(training),
				rate: training.rate ?? 0,
				notes,
				ditherSeed: DITHER_SEED,
			},
			true,
		);
	try {
		const { ranges, how } = options.how
			? { ranges: options.ranges ?? calibrate(model, rows, options.how, onRow), how: options.how }
			: chooseRanges(model, rows, (trial) => make(trial, ""), onRow);
		const notes = options.notes ?? {
			checkpoint: options.checkpointHash,
			preset: options.preset,
			bits: formatBits(precision),
			norm: model.layers.some((layer) => layer.norm) ? model.normPlacement : "none",
			calibration: {
				data: training.name,
				split: training.split,
				count: rows.count,
				...how,
				floatAccuracy: ranges.accuracy,
			},
		};
		const network = make(ranges, JSON.stringify(notes));
		addGolden(network, rows, options.golden, options.goldenSteps);
		const blob = writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());
		return { blob, network, how, calibrated: rows.count, floatAccuracy: ranges.accuracy };
	} catch (error) {
		// It names the tensor that integers cannot hold; that is a fact about the checkpoint.
		if (error instanceof RangeError) throw new UserError(`This network is refused: ${error.message}.`);
		throw error;
	}
}
