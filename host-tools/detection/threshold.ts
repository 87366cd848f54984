// The detector of a network from normal sequences it was not trained on: weights of channels, then a threshold that few of the
// sequences reach.
import type { Detector } from "../../src/network/detector";
import type { Network } from "../../src/network/network";
import type { Dataset } from "../datasets/dataset";
import { UserError } from "../terminal/errors";
import { errorsByStep, greatest, scoresOf } from "./scores";

/** Fewer sequences do not determine what is rare. */
export const FEWEST = 10;
/** Sequences whose maximum score exceeds this multiple of the median are reported. */
const STANDS_OUT = 4;

export interface ThresholdOptions {
	/** A new error moves the score by 2^-smoothing of the difference. */
	smoothing: number;
	/** Fraction of normal sequences that may raise an alarm. */
	falseAlarms: number;
}

export interface FoundThreshold {
	detector: Detector;
	/** Number of sequences used. */
	count: number;
	/** Fraction of them that reach it. */
	reached: number;
	/** Outliers among them: possibly anomalies. */
	outliers: number[];
}

/** A score of 256 is the usual error of all channels together. */
function weightsOf(errors: readonly Float64Array[]): Uint16Array {
	const channels = errors[0]!.length;
	return Uint16Array.from({ length: channels }, (_, c) => {
		const mean = errors.reduce((sum, row) => sum + row[c]!, 0) / errors.length;
		return Math.max(1, Math.min(65535, Math.round(2 ** 20 / (channels * Math.max(mean, 1e-9)))));
	});
}

/**
 * Initial steps that are hard to forecast because little was seen yet: until the errors of all channels, each over its median,
 * are first at most twice their median; at most a quarter of the steps.
 */
function settlingOf(errors: readonly Float64Array[]): number {
	const medianOf = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
	const medians = Array.from(errors[0]!, (_, c) => medianOf(errors.map((row) => row[c]!)) || 1);
	const sums = errors.map((row) => row.reduce((sum, v, c) => sum + v / medians[c]!, 0));
	const usual = medianOf([...sums]);
	const most = Math.min(65_535, errors.length >> 2);
	const settled = sums.slice(0, most).findIndex((sum) => sum <= 2 * usual);
	return settled < 0 ? most : settled;
}

/**
 * The score that a fraction of all sequences exceeds, assuming log-normal scores: with few sequences the spread is better known
 * than the extremes.
 */
function rare(scores: readonly number[], fraction: number): number {
	const logs = scores.map((score) => Math.log(Math.max(1, score)));
	const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
	const variance = logs.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (logs.length - 1);
	// The normal quantile by Abramowitz and Stegun, 26.2.23; error below 0.0005.
	const t = Math.sqrt(-2 * Math.log(fraction));
	const quantile =
		t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
	return Math.exp(mean + quantile * Math.sqrt(variance * (1 + 1 / logs.length)));
}

/** @param outputsOf the network's outputs for a row @throws UserError when the sequences are too few for a threshold */
export function findThreshold(
	network: Network,
	normal: Dataset,
	outputsOf: (row: number) => ArrayLike<number>,
	{ smoothing, falseAlarms }: ThresholdOptions,
): FoundThreshold {
	const { count } = normal;
	if (count < FEWEST)
		throw new UserError(
			`${count} normal sequences that the network has not seen are too few for a threshold; at least ${FEWEST} are needed: train with more data, or hold more out (--validation).`,
		);
	const errors = errorsByStep(network, normal, outputsOf);
	const settling = settlingOf(errors);
	const weights = weightsOf(errors.slice(settling));
	const found = Array.from({ length: count }, (_, row) =>
		greatest(scoresOf(network, { weights, smoothing, settling }, normal, row, outputsOf(row))),
	);
	const sorted = [...found].sort((a, b) => a - b);
	const allowed = Math.floor(falseAlarms * count);
	const reached = Math.max(sorted[count - 1 - allowed]!, rare(found, falseAlarms));
	const threshold = Math.min(0xffffffff, Math.ceil(reached) + 1);
	const median = sorted[count >> 1]!;
	return {
		detector: {
			weights,
			smoothing,
			settling,
			threshold,
			release: Math.max(1, Math.floor((3 * threshold) / 4)),
		},
		count,
		reached: found.filter((score) => score >= threshold).length / count,
		outliers: found.flatMap((score, row) => (score > STANDS_OUT * median ? [row] : [])),
	};
}
