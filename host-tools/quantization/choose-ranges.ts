// Chooses the method of reading ranges for a network at its precision: tries each and keeps the one whose integer outputs have
// the best SNR on calibration rows, in dB and on average. Coarse states gain from clipping rare extremes, fine ones do not.

import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { type Dataset, sequence } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import { Kernel } from "../kernel/kernel";
import { headQuantizer } from "./block";
import { type Observed, observe, type RangeMethod, type Ranges } from "./calibrate";
import { toSamples } from "./network";

/** Candidates: no clipping, then one value in ten thousand to one in fifty. */
export const RANGE_METHODS: RangeMethod[] = [
	{ method: "minmax" },
	...[99.99, 99.9, 99.7, 99.5, 99, 98].map((percentile) => ({ method: "percentile" as const, percentile })),
];

/** Rows to try every method on. */
const TRIAL_ROWS = 128;

/** What runs networks over rows. */
export interface Engine {
	observe: typeof observe;
	/** Outputs of each row, in the units of the network. */
	outputs(network: Network, rows: Dataset): ArrayLike<number>[];
}

/** One row at a time: the float network in double precision, integers on the kernel. */
export const ROW_BY_ROW: Engine = {
	observe,
	outputs(network, rows) {
		const kernel = new Kernel(writeBlob(network, () => new Uint8Array(32)));
		return Array.from({ length: rows.count }, (_, i) => {
			return runSequence(kernel, network, toSamples(network.input, sequence(rows, i)));
		});
	},
};

/**
 * Mean over rows of the log squared distance between integer and float outputs. A ratio then counts the same in every row: in a
 * plain mean of squares the few rows with extremes, which have the largest errors, would decide against clipping although all
 * others lose by it.
 */
function meanLogError(network: Network, rows: Dataset, float: Float64Array[], engine: Engine): number {
	const { head } = network;
	const { distance } = headQuantizer(head);
	const found = engine.outputs(network, rows);
	let sum = 0;
	for (let i = 0; i < rows.count; i++) {
		sum += Math.log(distance(head, float[i]!, found[i]!));
	}
	return sum / rows.count;
}

/**
 * Records the float network over `rows` once and returns the best ranges with their method.
 * @param make the integer network for given ranges
 * @throws RangeError when no method leads to a network that can be represented
 */
export function chooseRanges(
	model: FloatModel,
	rows: Dataset,
	make: (ranges: Ranges) => Network,
	onRow?: (done: number) => void,
	engine = ROW_BY_ROW,
): { ranges: Ranges; how: RangeMethod } {
	return bestRanges(engine.observe(model, rows, onRow), rows, make, engine);
}

/** The same from recorded values. */
export function bestRanges(
	observed: Observed,
	rows: Dataset,
	make: (ranges: Ranges) => Network,
	engine = ROW_BY_ROW,
): { ranges: Ranges; how: RangeMethod } {
	const trial = { ...rows, count: Math.min(rows.count, TRIAL_ROWS) };
	let best: { ranges: Ranges; how: RangeMethod; error: number } | undefined;
	let refusal: unknown;
	for (const how of RANGE_METHODS) {
		const ranges = observed.ranges(how);
		try {
			const candidate = { ranges, how, error: meanLogError(make(ranges), trial, observed.outputs, engine) };
			if (!best || candidate.error < best.error) best = candidate;
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			refusal ??= error;
		}
	}
	if (!best) throw refusal;
	return best;
}
