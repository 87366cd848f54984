// A model as commands get it: a path that is either a blob (.essm) or a float checkpoint (.safetensors), told apart by
// content. Reading and refusing only; nothing is run here.
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { BlobError } from "../../src/model/blob-error";
import { MAGIC } from "../../src/model/blob-layout";
import { LIMITS, type QuantizedNetwork } from "../../src/model/network";
import { readBlob } from "../../src/model/read-blob";
import { type ImportOverrides, importCheckpoint } from "../checkpoints/import";
import type { FloatModel } from "../checkpoints/model";
import { UserError } from "../terminal/errors";

/** A blob that was read whole and accepted. */
export interface BlobModel {
	kind: "blob";
	bytes: Uint8Array;
	network: QuantizedNetwork;
}

export interface CheckpointModel {
	kind: "checkpoint";
	model: FloatModel;
}

function readBytes(path: string): Uint8Array {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (!stat) throw new UserError(`There is no model at ${path}.`);
	if (!stat.isFile()) throw new UserError(`${path} is not a file; give a model (.essm or .safetensors).`);
	if (stat.size > LIMITS.blobBytes)
		throw new UserError(`The model ${path} has ${stat.size} bytes; at most ${LIMITS.blobBytes} are read.`);
	try {
		return new Uint8Array(readFileSync(path));
	} catch (error) {
		throw new UserError(`The model ${path} cannot be read: ${(error as Error).message}.`);
	}
}

/** A blob's bytes, checked; `name` is for messages. @throws UserError with the reader's error name */
export function parseBlob(bytes: Uint8Array, name: string): BlobModel {
	try {
		return { kind: "blob", bytes, network: readBlob(bytes) };
	} catch (error) {
		if (error instanceof BlobError)
			throw new UserError(`${name} is no blob that can be used: ${error.message}`);
		throw error;
	}
}

/** Reads a blob. @throws UserError when there is none or it is refused */
export function readBlobFile(path: string): BlobModel {
	return parseBlob(readBytes(path), basename(path));
}

/** Reads a blob or a float checkpoint. @param overrides for checkpoints @throws UserError */
export function readModelFile(path: string, overrides: ImportOverrides = {}): BlobModel | CheckpointModel {
	if (path.endsWith(".safetensors")) return { kind: "checkpoint", model: importCheckpoint(path, overrides) };
	const bytes = readBytes(path);
	const isBlob =
		path.endsWith(".essm") || (bytes.length >= 4 && new DataView(bytes.buffer).getUint32(0, true) === MAGIC);
	if (isBlob) return parseBlob(bytes, basename(path));
	return { kind: "checkpoint", model: importCheckpoint(path, overrides) };
}

/** Reads a float checkpoint. @throws UserError, also when it is a blob */
export function readFloatFile(path: string, overrides: ImportOverrides = {}): FloatModel {
	const read = readModelFile(path, overrides);
	if (read.kind === "blob")
		throw new UserError(`${path} is a blob of integers already; give the float checkpoint it was made of.`);
	return read.model;
}
