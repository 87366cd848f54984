// Evaluates a model on data, in one call.
import type { Checkpoint } from "../checkpoints/import";
import type { Dataset } from "../datasets/dataset";
import { openDataset } from "../datasets/open";
import { defaultTarget, type Evaluation, evaluate as evaluateOn, type Target } from "../evaluation/evaluate";
import { type BlobModel, type CheckpointModel, parseBlob, readModelFile } from "../evaluation/model-file";
import type { ScoreOptions } from "../evaluation/score-rows";
import { checkOptions } from "./options";

export interface EvaluateOptions extends Omit<ScoreOptions, "real"> {
	/** Runner. Default: the kernel for a blob, floating point for a checkpoint. */
	on?: Target;
}

/**
 * @param model path or bytes of a blob, path of a checkpoint or result of readCheckpoint
 * @param data "motion" or a path, whose test split is used, or result of openDataset
 * @throws UserError for an option, and when model, data and target do not match
 */
export async function evaluate(
	model: string | Uint8Array | Checkpoint,
	data: string | Dataset,
	options: EvaluateOptions = {},
): Promise<Evaluation> {
	checkOptions("evaluate", options);
	const { on, ...others } = options;
	const read = readAny(model);
	const dataset = typeof data === "string" ? await openDataset(data, "test") : data;
	return evaluateOn(read, dataset, on ?? defaultTarget(read), others);
}

function readAny(model: string | Uint8Array | Checkpoint): BlobModel | CheckpointModel {
	if (typeof model === "string") return readModelFile(model);
	if (model instanceof Uint8Array) return parseBlob(model, "The blob");
	return { kind: "checkpoint", ...model };
}
