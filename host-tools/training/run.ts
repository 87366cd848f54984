// A run's options, reports and result.
import type { Dataset } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import type { Quantization } from "../quantization/trained";
import type { TrainInput, TrainSettings } from "./settings";

/** Results of an epoch. Losses are means: of training as minimized, of validation plain. */
export interface EpochReport {
	/** From 1. */
	epoch: number;
	epochs: number;
	loss: number;
	/**
	 * Fraction of training sequences that were right while the weights moved, 0 to 1; null for tasks without right and wrong
	 * results.
	 */
	accuracy: number | null;
	/** null without validation. */
	validationLoss: number | null;
	validationAccuracy: number | null;
	/** Training sequences per second. */
	rate: number;
	secondsLeft: number;
	/** Whether this is the best epoch so far. */
	best: boolean;
}

/** Position in a running epoch, a few times per second. */
export interface TrainProgress {
	epoch: number;
	epochs: number;
	/** Sequences of this epoch: done and total. */
	done: number;
	of: number;
	loss: number;
	accuracy: number | null;
	rate: number;
	secondsLeft: number;
}

export interface TrainOptions extends TrainInput {
	/** Training data; validation is taken from it unless given. */
	data: Dataset;
	validation?: Dataset;
	/** Continues from this model, keeping its shape and input scaling. */
	from?: FloatModel;
	/** Training approximates this model's answers; settings `distill` and `temperature`. */
	teacher?: FloatModel;
	/** Path of the best checkpoint so far. */
	output?: string;
	/** Path of the state after every epoch, to resume from. */
	state?: string;
	/** Resumes from the `state` file; settings and data must be the same. */
	resume?: boolean;
	/** JSON lines: a "start", one "epoch" per epoch, an "end". */
	log?: string;
	/** Additional metadata of the checkpoint. */
	record?: Record<string, string>;
	/** Ends the run after the current batch; the best so far is kept. */
	signal?: AbortSignal;
	onEpoch?: (report: EpochReport) => void;
	onProgress?: (progress: TrainProgress) => void;
	/** Sequences for calibrating the ranges of quantization-aware training: done and total. */
	onCalibrate?: (done: number, of: number) => void;
	/** Training sequences of this epoch that the teacher has answered. */
	onTeach?: (done: number, of: number) => void;
}

export interface TrainResult {
	model: FloatModel;
	/** How the model was quantized in training; trainedNetwork(model, quantization) computes the same integers. null: float. */
	quantization: Quantization | null;
	/** Why it ended: all epochs done, no better validation for `patience` epochs, the signal, or divergence. */
	stopped: "finished" | "early" | "aborted" | "diverged";
	/** A sentence for people. */
	message: string;
	/** Epoch of the model; 0 when stopped within the first, or when no epoch was better than the start in integers. */
	epoch: number;
	validationAccuracy: number | null;
	/**
	 * The same network rounded without training, on the held-out sequences; null in floating point and without held-out
	 * sequences.
	 */
	untrained: { accuracy: number | null; loss: number; told: boolean } | null;
	history: EpochReport[];
	settings: TrainSettings;
}
