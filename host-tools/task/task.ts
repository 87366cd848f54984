// A task: what targets mean for a network, how its outputs are scored, what training minimises. A task is one object in a file
// named after it; tasks.ts lists it once.
import type { Targets } from "../datasets/targets";

/** Metrics of a network's outputs on a data set. */
export interface Scorer<M> {
	/**
	 * @param outputs real numbers: (outputs), or (steps, outputs) for heads with outputs at every step
	 * @returns whether they are right, for tasks that count
	 */
	add(row: number, outputs: ArrayLike<number>): boolean;
	/** @throws RangeError when not every row was added */
	metrics(): M;
}

/** Results of a network on a data set, as far as networks are compared by them. */
export interface Judged {
	count: number;
	/** How many are right; 0 for tasks that do not count them. */
	right: number;
	/** Of tasks with values: means over the targets. */
	values?: { nrmse: number; smape: number; mse: number } | undefined;
}

/** The figure that networks are compared by. */
export interface Quality {
	name: string;
	/** In %, or in % of the targets' standard deviation. */
	of(judged: Judged): number;
	/** Whether more is better. */
	higher: boolean;
	/** All figures by name, as text; in brackets how they differ from the float network's. */
	figures(judged: Judged, float?: Judged): Record<string, string>;
}

/** Outputs compared with those of the float network. */
export interface Comparison extends Judged {
	/** Mean KL divergence of the outputs from the float network's, in nats. */
	kl: number;
	/** Power of the difference as a fraction of the float outputs' power; its SNR is -10 log10(noise) dB. */
	noise: number;
}

/** Content of a result on a device, in the fields of its event. */
export interface Result {
	index: number;
	margin: number;
	/** Outputs as real numbers. */
	outputs: ArrayLike<number>;
}

/** Augmentations of training sequences; the settings of that name. */
export const CHANGES = ["jitter", "rotation", "warp"] as const;
export type Change = (typeof CHANGES)[number];

/** The head that some targets need. */
export interface Goal {
	/** Kind of its head. */
	head: string;
	/** Names of its outputs. */
	labels: string[];
	/** Whether every step has outputs. */
	perStep: boolean;
}

/** A head as far as training fits it: to (target - offset) / scale where these are given. */
export interface FittedHead {
	kind: string;
	scale?: ArrayLike<number>;
	offset?: ArrayLike<number>;
}

/** Settings of the loss. */
export interface LossChoice {
	classWeights: "none" | "balanced" | readonly number[];
	/** Of values: sMAPE in place of squared error, or Huber's loss of this size; 0: neither. */
	smape: boolean;
	huber: number;
}

export interface Task<T, M> {
	/** Its targets, and the heads for them. */
	readonly targets: Targets["kind"];
	readonly heads: readonly string[];
	/** Whether its results are right or wrong, so that they can be counted. */
	readonly counts: boolean;
	readonly quality: Quality;
	goal(targets: T): Goal;
	/** Augmentations that leave targets unchanged. */
	changes(targets: T): readonly Change[];
	/** Words for a network with this many outputs, and for the data it needs. */
	does(outputs: number): string;
	wants(outputs: number): string;
	/** @throws UserError when a network with this many outputs does not fit the targets of this data set */
	checkFit(dataset: string, targets: T, outputs: number): void;

	score(targets: T, outputs: number): Scorer<M>;
	/** Both (count, outputs), as real numbers. */
	compare(targets: T, float: Float64Array, given: Float64Array): Comparison;
	/** A result and its target, in words; `labels` are the model's. */
	resultText(labels: readonly string[], targets: T, row: number, result: Result): string;
	/** Whether a result is right. */
	isRight(targets: T, row: number, result: Result): boolean;
	judged(metrics: M): Judged;
	/** Metrics in a line about `what`, such as "100 sequences of motion (test)", and in full. */
	headline(metrics: M, what: string): string;
	table(metrics: M, labels: readonly string[]): string;

	/** Properties of the targets that a resumed run must find unchanged. */
	describe(targets: T): object;
	/** Why these targets cannot be learned; undefined when they can. */
	unlearnable(dataset: string, targets: T): string | undefined;
	/** Weights of the loss, as the native trainer's head reads them; null: none. */
	weights(dataset: string, targets: T, choice: LossChoice, head: FittedHead): Float64Array | null;
	/** A loss at which training has failed. */
	lossLimit(targets: T): number;
	/** Loss of each row, as the trainer computes it without weights of classes and the like. @param outputs (rows, outputs) */
	losses(targets: T, outputs: Float32Array, head: FittedHead, choice: LossChoice): Float64Array;
	/**
	 * Of each row, how far integers are from the float network and from what is right: the probability that moves to other results,
	 * and one more where the result is wrong. Absent: there are no such results.
	 * @param answers outputs of the float network @param outputs (rows, outputs)
	 */
	distances?(targets: T, answers: readonly ArrayLike<number>[], outputs: Float32Array): Float64Array;
	/** As the native trainer's head reads them: `nativeWidth` numbers per row. */
	native(targets: T, head: FittedHead): Uint8Array | Float32Array;
	nativeWidth(targets: T): number;
}
