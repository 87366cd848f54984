// Scores of entire sequences by a forecasting blob.

import { Score, type ScoreSettings } from "../../src/detector/score";
import type { Network } from "../../src/network/network";
import { toSample } from "../../src/network/sample";
import { type Dataset, sequence } from "../datasets/dataset";

/** Of one sequence: the score after each step; undefined before the first forecast step. */
export type Scores = (number | undefined)[];

/** Steps ahead that a network forecasts; 0: it does not. */
export const aheadOf = ({ head }: Pick<Network, "head">): number => (head.kind === "values" ? head.ahead : 0);

/** Samples of a sequence as on the device. */
function samplesOf({ input }: Pick<Network, "input">, values: Float32Array): Int16Array {
	return Int16Array.from(values, (value, i) => toSample(input[i % input.length]!, value));
}

/**
 * Scores of a row of a data set with uncut sequences.
 * @param outputs (steps, channels) of the network
 */
export function scoresOf(
	network: Pick<Network, "head" | "input">,
	detector: ScoreSettings,
	dataset: Dataset,
	row: number,
	outputs: ArrayLike<number>,
): Scores {
	const channels = network.input.length;
	const samples = samplesOf(network, sequence(dataset, row));
	const score = new Score(detector, aheadOf(network));
	return Array.from({ length: samples.length / channels }, (_, t) => {
		const forecast = Array.from({ length: channels }, (__, c) => outputs[t * channels + c]!);
		return score.next(samples.subarray(t * channels, (t + 1) * channels), forecast);
	});
}

/** Magnitudes of forecast errors in units of samples: (steps, channels), means over the rows that have the step. */
export function errorsByStep(
	network: Pick<Network, "head" | "input">,
	dataset: Dataset,
	outputsOf: (row: number) => ArrayLike<number>,
): Float64Array[] {
	const channels = network.input.length;
	const ahead = aheadOf(network);
	const sums = Array.from({ length: dataset.T }, () => new Float64Array(channels));
	const counts = new Uint32Array(dataset.T);
	for (let row = 0; row < dataset.count; row++) {
		const samples = samplesOf(network, sequence(dataset, row));
		const outputs = outputsOf(row);
		for (let i = ahead * channels; i < samples.length; i++) {
			const t = Math.floor(i / channels);
			sums[t]![i % channels]! += Math.abs(outputs[i - ahead * channels]! - samples[i]!);
			if (i % channels === 0) counts[t]!++;
		}
	}
	return sums.map((sum, t) => sum.map((v) => v / counts[t]!)).filter((_, t) => counts[t]! > 0);
}

/** Maximum score of a sequence; 0 when it is too short for any. */
export const greatest = (scores: Scores): number =>
	scores.reduce<number>((most, s) => Math.max(most, s ?? 0), 0);
