// Which weights are kept: each epoch is validated on the held-out sequences, and the best of all epochs is kept. Through the
// quantizer it must also beat packing without training, and the confidence in that is reported.

import type { Dataset } from "../datasets/dataset";
import type { FlatModel } from "../float/flat";
import { taskOf } from "../task/fit";
import { type Copies, distances } from "./copies";
import type { Integers, Weights } from "./integers";
import { currentWeights, latestWeights, type Setup } from "./setup";

/** Validation results of weights; null without held-out sequences and without copies. */
export interface Score {
	/** On the held-out sequences; null too for tasks without right and wrong results. */
	accuracy: number | null;
	/** Likewise; of copies the mean distance from the float network's answers. */
	loss: number | null;
	/** Loss over held-out and training sequences, when the held-out ones are too few to choose an epoch. */
	pooledLoss: number | null;
}

export type Tried = Score & {
	weights: Weights;
	/** Loss per held-out sequence, or per copy; empty in floating point. */
	losses: Float64Array;
};

/** The result of packing without training: the baseline of epochs through the quantizer. */
export interface Untrained extends Score {
	losses: Float64Array;
}

/** Reduction of held-out loss against no training: mean difference and its standard error. */
export interface Gain {
	mean: number;
	error: number;
}

/** The best epoch; `flat`: its weights; `quantization`: how they are quantized, as text. */
export interface Best extends Score {
	epoch: number;
	flat: FlatModel;
	quantization: string | null;
	/** Over packing without training; null in floating point, and for packing without training itself. */
	gain: Gain | null;
}

/**
 * With fewer held-out sequences than this, chance chooses the epoch: one of 200 is half a point. Training sequences help: every
 * epoch and the float model have seen them, and rounding harms them as much as others.
 */
const ENOUGH = 200;

/**
 * Lower loss over many sequences; otherwise more correct, or equally many with a lower loss. Unvalidated weights are never
 * better.
 */
function isBetter(one: Score, other: Score): boolean {
	if (other.loss === null) return true;
	if (one.loss === null) return false;
	if (one.pooledLoss !== null && other.pooledLoss !== null) return one.pooledLoss < other.pooledLoss;
	const more = (one.accuracy ?? 0) - (other.accuracy ?? 0);
	return more > 0 || (more === 0 && one.loss < other.loss);
}

/** Whether `one` replaces the best so far. Without validation the last is best; an integer epoch always replaces a float one. */
export function replaces(
	one: Score,
	best: Best | null,
	untrained: Untrained | null,
	integers: boolean,
): boolean {
	if (best === null || (best.quantization === null && integers)) return true;
	if (one.loss === null) return true;
	// Training lowers the loss of its own sequences; only held-out ones show that it generalizes.
	if (one.pooledLoss !== null && untrained && one.loss >= untrained.loss!) return false;
	return isBetter(one, best);
}

/** Reduction of `losses` relative to no training, per sequence. */
export function gainOver(untrained: Untrained, losses: Float64Array): Gain {
	const n = losses.length;
	const differences = losses.map((loss, i) => untrained.losses[i]! - loss);
	const mean = differences.reduce((sum, d) => sum + d, 0) / n;
	const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
	return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.POSITIVE_INFINITY };
}

/** Candidate weights of an epoch. Rounded to few bits, averaged weights may be worse than the weights themselves. */
export function candidates(setup: Setup, { quantization }: Integers): Weights[] {
	const flats = [currentWeights(setup)];
	if (quantization && setup.optimization.averaging > 0) flats.push(latestWeights(setup));
	return flats.map((flat) => ({ flat, quantization }));
}

/** What is not known of weights that nothing was held out for. */
const UNKNOWN = { accuracy: null, loss: null, pooledLoss: null, losses: new Float64Array(0) };

/** The weights that follow the float network most closely. */
async function closest(
	copies: Copies,
	{ native }: Setup,
	integers: Integers,
	candidates: Weights[],
): Promise<Tried | "aborted" | "diverged"> {
	let best: Tried | undefined;
	for (const weights of candidates) {
		if (!integers.apply(weights)) return "diverged";
		const { outcome, outputs } = await native.evaluate(copies.data);
		if (outcome === "cancelled") return "aborted";
		const losses = distances(copies, outputs);
		const loss = losses.reduce((a, b) => a + b, 0) / losses.length;
		if (!Number.isFinite(loss)) return "diverged";
		if (!best || loss < best.loss!) best = { ...UNKNOWN, weights, loss, losses };
	}
	return best!;
}

/**
 * The best of these weights on the held-out sequences, with its results; without any, the best of integers on the copies, or
 * the first.
 */
export async function validate(
	setup: Setup,
	integers: Integers,
	candidates: Weights[],
	copies: Copies | undefined,
): Promise<Tried | "aborted" | "diverged"> {
	const { validation, native, optimization, train, like, settings } = setup;
	const { counts, losses } = taskOf(train);
	// The trainer validates by the plain loss: cross-entropy or squared error.
	const isPlain = !settings.smape && !settings.huber;
	const mean = (of: Float64Array) => of.reduce((sum, loss) => sum + loss, 0) / of.length;
	const lossesOf = ({ targets }: Dataset, outputs: Float32Array) =>
		losses(targets, outputs, like.head, settings);
	if (!validation)
		return copies && candidates[0]!.quantization
			? closest(copies, setup, integers, candidates)
			: { ...UNKNOWN, weights: candidates[0]! };
	let best: Tried | undefined;
	for (const weights of candidates) {
		const quantized = weights.quantization !== null;
		if (!integers.apply(weights)) return "diverged";
		const { outcome, outputs } = await native.evaluate(validation, optimization.averaging > 0 && !quantized);
		if (outcome === "cancelled") return "aborted";
		const { loss: plain, correct, samples } = native.progress();
		const each = quantized || !isPlain ? lossesOf(validation, outputs) : new Float64Array(0);
		const loss = isPlain ? plain : mean(each);
		if (!Number.isFinite(loss)) return "diverged";
		const tried: Tried = { ...UNKNOWN, weights, accuracy: counts ? correct / samples : null, loss };
		if (quantized) tried.losses = each;
		if (quantized && validation.count < ENOUGH) {
			const others = await native.evaluate(train);
			if (others.outcome === "cancelled") return "aborted";
			const { loss: plain, samples: count } = native.progress();
			const own = isPlain ? plain : mean(lossesOf(train, others.outputs));
			tried.pooledLoss = (loss * samples + own * count) / (samples + count);
		}
		if (!best || isBetter(tried, best)) best = tried;
	}
	return best!;
}
