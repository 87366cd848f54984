// What is asked of every task: what targets mean for a network, what its outputs are worth, what training minimises. A task is
// one object in a file named after it; tasks.ts names it once.
import type { Targets } from "../datasets/targets";

/** Of a network's outputs on a data set. */
export interface Scorer<M> {
	/**
	 * @param outputs real numbers: (outputs), or (steps, outputs) where the head has them at every step
	 * @returns whether they are right, of a task that counts
	 */
	add(row: number, outputs: ArrayLike<number>): boolean;
	/** @throws RangeError when not every row was added */
	metrics(): M;
}

/** Outputs beside those of the float network that they stand for. */
export interface Comparison {
	count: number;
	right: number;
	/** Mean divergence of what the outputs say from what the float network's say, in nats. */
	kl: number;
	/** Power of the difference as a fraction of the float outputs' power; its SNR is -10 log10(noise) dB. */
	noise: number;
}

/** What a result on a device says, in the fields of its event. */
export interface Result {
	index: number;
	margin: number;
	/** Outputs as real numbers. */
	outputs: ArrayLike<number>;
}

/** Ways in which sequences are changed by chance to train on; the settings of that name. */
export const CHANGES = ["jitter", "rotation", "warp"] as const;
export type Change = (typeof CHANGES)[number];

/** What a network for some targets ends in. */
export interface Goal {
	/** Kind of its head. */
	head: string;
	/** Names of its outputs. */
	labels: string[];
	/** Whether every step has outputs. */
	perStep: boolean;
}

/** A head as far as training fits it: to (target - offset) / scale where it has these. */
export interface FittedHead {
	kind: string;
	scale?: ArrayLike<number>;
	offset?: ArrayLike<number>;
}

export interface Task<T, M> {
	/** Targets that it is for, and heads that can do it. */
	readonly targets: Targets["kind"];
	readonly heads: readonly string[];
	/** Whether its results are right or wrong, so that they can be counted. */
	readonly counts: boolean;
	goal(targets: T): Goal;
	/** Changes of sequences that leave their targets as they are. */
	changes(targets: T): readonly Change[];
	/** Words: what a network with so many outputs does, what data for it have. */
	does(outputs: number): string;
	wants(outputs: number): string;
	/** @throws UserError when a network with so many outputs cannot be used on the targets of this data set */
	checkFit(dataset: string, targets: T, outputs: number): void;

	score(targets: T, outputs: number): Scorer<M>;
	/** Both (count, outputs), in the same unit. */
	compare(targets: T, float: Float64Array, given: Float64Array): Comparison;
	/** A result and what was right, in words; `labels` are the model's. */
	resultText(labels: readonly string[], targets: T, row: number, result: Result): string;
	/** Whether a result is right. */
	isRight(targets: T, row: number, result: Result): boolean;
	/** Metrics in a line about `what`, such as "100 sequences of motion (test)", and in full. */
	headline(metrics: M, what: string): string;
	table(metrics: M, labels: readonly string[]): string;

	/** What of the targets a resumed run must find again. */
	describe(targets: T): object;
	/** Why these targets cannot be learned; undefined when they can. */
	unlearnable(dataset: string, targets: T): string | undefined;
	/** Weights of the loss, for the native trainer; null: all the same. */
	weights(dataset: string, targets: T, choice: "none" | "balanced" | readonly number[]): Float64Array | null;
	/** A loss that is not learning any more. */
	lossLimit(targets: T): number;
	/** Loss of each row, as the trainer computes it without its extras. @param outputs (rows, outputs) */
	losses(targets: T, outputs: Float32Array, head: FittedHead): Float64Array;
	/** As the native trainer's head reads them: `nativeWidth` numbers a row. */
	native(targets: T, head: FittedHead): Uint8Array | Float32Array;
	nativeWidth(targets: T): number;
}
