// The result file of a search: everything its report shows, as JSON, validated on reading.
import { z } from "zod";
import { shapeType } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import { measurementType } from "./cache";
import { readJsonFile } from "./json-file";

const reading = z.object({
	component: z.string(),
	width: z.string(),
	layer: z.number().nullable(),
	bits: z.string(),
	measurement: measurementType.nullable(),
});
const candidate = z.object({
	bits: z.string(),
	cost: z.object({ parameters: z.number(), arena: z.number(), instructions: z.number() }),
	blobBytes: z.number(),
	predicted: z.number().optional(),
	screened: measurementType.optional(),
	validated: measurementType.optional(),
	/** Epochs trained for this choice. */
	trained: z.number().optional(),
});
const part = z.object({ name: z.string(), float: z.number(), integer: z.number() });

const interpretation = z.object({
	file: z.string(),
	family: z.string(),
	shape: z.object({
		channels: z.number(),
		H: z.number(),
		N: z.number().optional(),
		L: z.number(),
		head: z.string(),
		outputs: z.number(),
	}),
	settings: z.record(
		z.string(),
		z.object({
			value: z.union([z.string(), z.number(), z.array(z.number()), z.array(z.string())]),
			from: z.enum(["flag", "metadata", "tensors", "assumed"]),
		}),
	),
	ignored: z.record(z.string(), z.string()),
});

const searchFile = z.object({
	kind: z.literal("search"),
	command: z.string(),
	checkpoint: z.string(),
	/** SHA-256 of the checkpoint. */
	checkpointHash: z.string(),
	/** How the checkpoints were interpreted: this one, that of `against`, the teacher. */
	checkpoints: z.array(interpretation).optional(),
	/** File name of the blob, and its SHA-256. */
	blob: z.string(),
	blobHash: z.string(),
	data: z.string(),
	seed: z.number(),
	seconds: z.number(),
	limits: z.object({
		maxLoss: z.number().optional(),
		flash: z.number().optional(),
		ram: z.number().optional(),
		instructions: z.number().optional(),
	}),
	shape: shapeType,
	/** File name of the baseline float network, if not the checkpoint itself. */
	against: z.string().optional(),
	labels: z.array(z.string()),
	/** Sequences of each part. */
	counts: z.object({ calibration: z.number(), screen: z.number(), validation: z.number() }),
	sensitivity: z.object({
		count: z.number(),
		float: measurementType,
		highest: measurementType,
		readings: z.array(reading),
	}),
	candidates: z.array(candidate),
	chosen: z.number(),
	/** On the validation sequences. */
	validation: measurementType.extend({
		float: measurementType,
		/** Row: true class; column: predicted class. null: the network has no classes. */
		confusion: z.array(z.array(z.number())).nullable(),
	}),
	/** Bytes of parameters and state by component, in float32 and as chosen. */
	memory: z.array(part),
	/** 100 (1 - integers / float32). */
	savedPercent: z.number(),
	explanation: z.array(z.string()),
});

export type SearchFile = z.infer<typeof searchFile>;

/** Reads a search's result. @throws UserError when it is something else */
export function readSearchFile(path: string): SearchFile {
	const file = readJsonFile(path, searchFile, "search");
	if (!file.candidates[file.chosen])
		throw new UserError(`${path} names a choice that is not among its candidates; run the search again.`);
	return file;
}
