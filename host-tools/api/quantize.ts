// Quantizes a float checkpoint into a blob, in one call.
import type { Checkpoint } from "../checkpoints/import";
import type { Dataset } from "../datasets/dataset";
import { openDataset } from "../datasets/open";
import { readFloatFile } from "../evaluation/model-file";
import { hashFile } from "../files/hash";
import { choosePacking, type Wish } from "../packing/choose";
import { type Packed, pack } from "../packing/pack";
import { checkOptions } from "./options";

export interface QuantizeOptions extends Wish {
	/** Maximum training sequences to calibrate on. Default 256. */
	calibrate?: number;
	/** Golden vectors in the blob (default 2), and their maximum steps (default 64). */
	golden?: number;
	goldenSteps?: number;
	/** Steps per sequence, 0 for any. Default: as in the data. */
	steps?: number;
	onProgress?: (done: number, total: number) => void;
}

/**
 * Calibrates, quantizes and packs; a checkpoint trained through the quantizer is packed exactly as trained.
 * @param checkpoint path of a file (.safetensors, .pt), or result of readCheckpoint
 * @param data training data: "motion", a path (docs/DATASETS.md), or result of openDataset
 * @throws UserError for an option, or naming what cannot be read, represented or proven free of overflow
 */
export async function quantize(
	checkpoint: string | Checkpoint,
	data: string | Dataset,
	options: QuantizeOptions = {},
): Promise<Packed> {
	checkOptions("quantize", options);
	const { preset, bits, percentile, calibrate = 256, golden = 2, goldenSteps = 64, ...others } = options;
	const { model } = typeof checkpoint === "string" ? readFloatFile(checkpoint) : checkpoint;
	const wish = {
		...(preset !== undefined && { preset }),
		...(bits !== undefined && { bits }),
		...(percentile !== undefined && { percentile }),
	};
	return pack(model, typeof data === "string" ? await openDataset(data, "train") : data, {
		checkpointHash: typeof checkpoint === "string" ? hashFile(checkpoint) : "",
		...choosePacking(model, wish),
		...{ calibrate, golden, goldenSteps },
		...others,
	});
}
