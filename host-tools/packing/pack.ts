// From a float checkpoint and training data to the bytes of a blob: calibrates, quantizes, adds golden vectors and a note of
// its origin. A quantization-aware checkpoint is packed exactly as trained. The same inputs give the same bytes. No file access
// here.
import { createHash } from "node:crypto";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { channelsOf, type Dataset, select } from "../datasets/dataset";
import { wholeSequences } from "../datasets/future";
import { Random } from "../datasets/random";
import { calibrationRows } from "../datasets/split";
import { type FloatModel, outputsOf } from "../float/model";
import type { RangeMethod, Ranges } from "../quantization/calibrate";
import { bestRanges } from "../quantization/choose-ranges";
import { fitHead } from "../quantization/fit-head";
import { DITHER_SEED, quantize } from "../quantization/network";
import { formatBits, type Precision } from "../quantization/precision";
import { beforePruning } from "../quantization/prune";
import { type Quantization, trainedNetwork } from "../quantization/trained";
import { checkFit, taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { vectorEngine } from "../training/vector-engine";

/** Replaces the preset's name in the notes when the checkpoint states its precision. */
export const TRAINED_PRESET = "trained";

export interface PackOptions {
	/** SHA-256 of the checkpoint's file in hexadecimal, for the notes. */
	checkpointHash: string;
	/**
	 * The quantization it was trained with (parseQuantization of its metadata): exactly these integers are packed, and
	 * precision, how and ranges are ignored.
	 */
	quantization?: Quantization;
	precision: Precision;
	/** Name of the preset the precision started from, for the notes. */
	preset: string;
	/** Maximum sequences to calibrate on. */
	calibrate: number;
	/** How ranges are read; absent: the best, see chooseRanges. */
	how?: RangeMethod;
	/** Number of golden vectors, and maximum steps of each. */
	golden: number;
	goldenSteps: number;
	/** Sequence length of the model in steps, 0: any; default: that of the data if all are equal, else 0. */
	steps?: number;
	/** Result of an earlier calibration on the same rows by `how`, to skip calibrating; the head is then not fitted. */
	ranges?: Ranges;
	/** Replaces the usual notes, where every byte counts. */
	notes?: object;
	onProgress?: (done: number, total: number) => void;
}

export interface Packed {
	blob: Uint8Array;
	network: Network;
	/** How ranges were read. */
	how: RangeMethod | { method: "trained" };
	/** Calibration sequences, and the float network's accuracy on them. */
	calibrated: number;
	/** null for tasks without right and wrong results. */
	floatAccuracy: number | null;
}

/** The notes on the float network, for comparison: as before modes were pruned. */
export function origin(model: FloatModel) {
	return { float: beforePruning(model) };
}

function commonSteps({ lengths }: Dataset): number {
	return lengths.every((length) => length === lengths[0]) ? lengths[0]! : 0;
}

/** Random walks over the full range of samples (steps, channels): they leak no recordings to the blob's recipients. */
function walk(seed: number, steps: number, channels: number): Int16Array {
	const random = new Random(seed);
	const samples = new Int16Array(steps * channels);
	for (let i = 0; i < samples.length; i++) {
		const before = i < channels ? 0 : samples[i - channels]!;
		const next = Math.round(0.9 * before + random.uniform(-12_000, 12_000));
		samples[i] = Math.max(-32_768, Math.min(32_767, next));
	}
	return samples;
}

/** Adds golden vectors: sequences of at most `steps` steps (the network's length if fixed), with the reference's outputs. */
export function addGolden(network: Network, count: number, steps: number): void {
	const reference = new Reference(network);
	const length = network.steps ? Math.min(steps, network.steps) : steps;
	for (let i = 0; i < count; i++) {
		const samples = walk(i + 1, length, network.input.length);
		network.golden.push({ samples, outputs: runSequence(reference, network, samples) });
	}
}

/**
 * The blob of `model`, calibrated on `training`.
 * @param training the training split, which sets the scales
 * @throws UserError when data and network do not match, or a tensor cannot be represented or proven overflow-free
 */
export function pack(model: FloatModel, training: Dataset, options: PackOptions): Packed {
	const outputs = outputsOf(model);
	checkFit({ ...model, outputs }, training);
	const { quantization, onProgress } = options;
	const precision = quantization?.precision ?? options.precision;
	const rows = select(training, calibrationRows(training, options.calibrate));
	const unnamed =
		model.metadata.labels === undefined && model.labels.every((label, i) => label === String(i));
	const ofData = taskOf(training).goal(training.targets).labels;
	const labels = unnamed && ofData.length === outputs ? ofData : model.labels;
	const labelled = { ...model, labels };
	const details = {
		steps: options.steps ?? commonSteps(wholeSequences(training)),
		rate: training.rate ?? 0,
		channels: channelsOf(training),
	};
	const onRow = (done: number) => onProgress?.(done, rows.count);
	const engine = vectorEngine();
	const round = (float: FloatModel, ranges: Ranges, notes = "") =>
		quantize(float, ranges, precision, { ...details, notes, ditherSeed: DITHER_SEED }, true);
	/** The network to round, its ranges, and how they were read. */
	const prepare = (): { float: FloatModel; ranges: Ranges; how: Packed["how"] } => {
		if (quantization) return { float: labelled, ranges: quantization.ranges, how: { method: "trained" } };
		if (options.ranges && options.how) return { float: labelled, ranges: options.ranges, how: options.how };
		const observed = engine.observe(model, rows, onRow);
		const { ranges, how } = options.how
			? { ranges: observed.ranges(options.how), how: options.how }
			: bestRanges(observed, rows, (trial) => round(labelled, trial), engine);
		return { float: fitHead(labelled, ranges, precision, rows, observed.outputs, engine), ranges, how };
	};
	try {
		const { float, ranges, how } = prepare();
		const { count, accuracy: floatAccuracy } = ranges;
		const notes = options.notes ?? {
			checkpoint: options.checkpointHash,
			preset: options.preset,
			bits: formatBits(precision),
			...origin(model),
			...(model.metadata.normal !== undefined && { normal: model.metadata.normal }),
			calibration: { data: training.name, split: training.split, count, ...how, floatAccuracy },
		};
		const text = JSON.stringify(notes);
		const network = quantization
			? trainedNetwork(labelled, quantization, { ...details, notes: text })
			: round(float, ranges, text);
		addGolden(network, options.golden, options.goldenSteps);
		const blob = writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());
		return { blob, network, how, calibrated: count, floatAccuracy };
	} catch (error) {
		// The message names the tensor that integers cannot hold: a fact about the checkpoint.
		if (error instanceof RangeError) throw new UserError(`This network is refused: ${error.message}.`);
		throw error;
	}
}
