// Writes a FloatModel as a safetensors checkpoint whose metadata state everything, so that reading it assumes nothing.
import { writeWhole } from "../files/write";
import { allParts, type FloatModel, sizesOf } from "../float/model";
import { statedOf } from "./metadata";
import { writeSafetensors } from "./safetensors";
import { statedHead } from "./settle-head";

/** (real, imaginary) pairs of two arrays. */
function pairs([re, im]: Float64Array[]): Float64Array {
	return Float64Array.from({ length: 2 * re!.length }, (_, i) => (i % 2 ? im! : re!)[i >> 1]!);
}

/** The bytes of a checkpoint that `parseCheckpoint` (import.ts) reads as the same model, to float32. */
export function formatCheckpoint(model: FloatModel): Uint8Array {
	const sizes = sizesOf(model);
	const tensors = allParts(model).flatMap(({ part, kind, l }) =>
		kind
			.tensors(part, sizes, l)
			.map(({ name, shape, fields }): [string, { shape: number[]; values: Float64Array }] => {
				const arrays = fields.map((field) => (part as Record<string, Float64Array>)[field]!);
				return [name, { shape, values: arrays.length === 2 ? pairs(arrays) : arrays[0]! }];
			}),
	);
	// What the model states overrides the metadata of its source file, one name each.
	const { prenorm: _, norm_eps: __, ...kept } = model.metadata;
	return writeSafetensors(tensors, { ...kept, ...statedOf(model), ...statedHead(model.head) });
}

/** Writes the model to `path`, completely or not at all. @throws UserError */
export function exportCheckpoint(model: FloatModel, path: string): void {
	writeWhole(path, formatCheckpoint(model));
}
