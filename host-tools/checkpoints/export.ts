// Writes a FloatModel as a safetensors checkpoint whose metadata state everything, so that nothing is assumed when it is read.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { allParts, type FloatModel, sizesOf } from "../float/model";
import { UserError } from "../terminal/errors";
import { statedOf } from "./metadata";
import { writeSafetensors } from "./safetensors";

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
	// What the model says goes before what the file it came from said, under one name each.
	const { prenorm: _, norm_eps: __, ...kept } = model.metadata;
	return writeSafetensors(tensors, { ...kept, ...statedOf(model) });
}

/** Writes the model to `path` under a temporary name first, so that no half file is ever there. */
export function exportCheckpoint(model: FloatModel, path: string): void {
	const bytes = formatCheckpoint(model);
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(temporary, bytes);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new UserError(`The checkpoint ${path} could not be written: ${(error as Error).message}.`);
	}
}
