// What a run is asked for, tells on its way and gives.
import type { Dataset } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import type { Quantization } from "../quantization/trained";
import type { TrainInput, TrainSettings } from "./settings";

/** What an epoch gave. Losses are means: of training as it was minimized, of validation plain. */
export interface EpochReport {
	/** From 1. */
	epoch: number;
	epochs: number;
	loss: number;
	/** Part of training sequences that were right while the weights moved, 0 to 1; null where results are not right or wrong. */
	accuracy: number | null;
	/** null without validation. */
	validationLoss: number | null;
	validationAccuracy: number | null;
	/** Training sequences a second. */
	rate: number;
	secondsLeft: number;
	/** Whether this is the best epoch so far. */
	best: boolean;
}

/** Where a running epoch is, a few times a second. */
export interface TrainProgress {
	epoch: number;
	epochs: number;
	/** Sequences of this epoch done, and in it. */
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
	/** Goes on from this model, keeping its shape and input scaling. */
	from?: FloatModel;
	/** Training comes near to this model's answers; settings `distill` and `temperature`. */
	teacher?: FloatModel;
	/** The best checkpoint so far is always here. */
	output?: string;
	/** The state after every epoch is kept here, to resume from. */
	state?: string;
	/** Goes on from the `state` file; settings and data must be the same. */
	resume?: boolean;
	/** JSON lines: a "start", an "epoch" each, an "end". */
	log?: string;
	/** More metadata of the checkpoint. */
	record?: Record<string, string>;
	/** Ends the run after the batch at work; what was best stays. */
	signal?: AbortSignal;
	onEpoch?: (report: EpochReport) => void;
	onProgress?: (progress: TrainProgress) => void;
	/** Sequences that the ranges of quantization-aware training are calibrated on, done and in all. */
	onCalibrate?: (done: number, of: number) => void;
	/** Training sequences that the teacher has answered, of this epoch's. */
	onTeach?: (done: number, of: number) => void;
}

export interface TrainResult {
	model: FloatModel;
	/** How the model was trained to be quantized; trainedNetwork(model, quantization) is what it then computes. null: float. */
	quantization: Quantization | null;
	/** Why it ended: all epochs done, no better validation for `patience` epochs, by the signal, or numbers that exploded. */
	stopped: "finished" | "early" | "aborted" | "diverged";
	/** A sentence for people. */
	message: string;
	/** Epoch that the model is from; 0 when it was stopped within the first, or no epoch was better than the start in integers. */
	epoch: number;
	validationAccuracy: number | null;
	/** The same network rounded without training, on the held-out sequences; null in floating point and without such. */
	untrained: { accuracy: number | null; loss: number; told: boolean } | null;
	history: EpochReport[];
	settings: TrainSettings;
}
