// Opens the model files of commands: a blob (.essm) or a float checkpoint (.safetensors, .pt), distinguished by content.
// Nothing is run here.
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { BlobError } from "../../src/blob/blob-error";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { MAGIC } from "../../src/blob/schema";
import { LIMITS } from "../../src/network/limits";
import type { Network } from "../../src/network/network";
import {
	type Checkpoint,
	type ImportOverrides,
	type Interpretation,
	readCheckpoint,
} from "../checkpoints/import";
import { isPytorch } from "../checkpoints/pytorch";
import { isSafetensors } from "../checkpoints/safetensors";
import type { FloatModel } from "../float/model";
import { UserError } from "../terminal/errors";

/** A blob that was read and accepted. */
export interface BlobModel {
	kind: "blob";
	bytes: Uint8Array;
	network: Network;
}

export interface CheckpointModel {
	kind: "checkpoint";
	model: FloatModel;
}

/** A checkpoint that was read from a file. */
export interface ReadModel extends CheckpointModel {
	interpretation: Interpretation;
}

/** The head of a model of either kind. */
export const headOf = (model: BlobModel | CheckpointModel) =>
	model.kind === "blob" ? model.network.head : model.model.head;

/** File type by its first bytes; undefined: neither. */
function sniff(path: string): "blob" | "checkpoint" | undefined {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (!stat) throw new UserError(`There is no model at ${path}.`);
	if (!stat.isFile())
		throw new UserError(`${path} is not a file; give a model (.essm, .safetensors or .pt).`);
	const bytes = reading(path, () => {
		const file = openSync(path, "r");
		try {
			const first = new Uint8Array(16);
			return first.subarray(0, readSync(file, first));
		} finally {
			closeSync(file);
		}
	});
	if (bytes.length >= 4 && new DataView(bytes.buffer).getUint32(0, true) === MAGIC) return "blob";
	return isPytorch(bytes) || isSafetensors(bytes) ? "checkpoint" : undefined;
}

function reading<T>(path: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw new UserError(`The model ${path} cannot be read: ${(error as Error).message}.`);
	}
}

/** A blob's bytes, checked as a device checks them: the blob is all of them, and its identity is theirs. @throws Error */
export function readWhole(bytes: Uint8Array): Network {
	const network = readBlob(bytes);
	const { length, identity, hashed } = readContainer(bytes, { checked: true });
	if (length !== bytes.length)
		throw new BlobError("LAYOUT", `${bytes.length - length} bytes follow the blob's end.`);
	const hash = createHash("sha256").update(bytes.subarray(hashed.start, hashed.end)).digest();
	if (!hash.equals(identity))
		throw new BlobError("IDENTITY", "the identity is not the SHA-256 of the bytes; pack the model again.");
	return network;
}

/** A blob's bytes, checked; `name` is for messages. @throws UserError with the reader's error name */
export function parseBlob(bytes: Uint8Array, name: string): BlobModel {
	try {
		return { kind: "blob", bytes, network: readWhole(bytes) };
	} catch (error) {
		if (error instanceof BlobError) throw new UserError(`${name} is not a usable blob: ${error.message}`);
		throw error;
	}
}

/** Reads a blob. @throws UserError when there is none or it is refused */
export function readBlobFile(path: string): BlobModel {
	if (sniff(path) === "checkpoint")
		throw new UserError(
			`${path} is a float checkpoint, but a blob is needed: make one with "edge-ssm quantize ${path} --data … -o …".`,
		);
	const { size } = statSync(path);
	if (size > LIMITS.blobBytes)
		throw new UserError(`The model ${path} has ${size} bytes; at most ${LIMITS.blobBytes} are supported.`);
	return parseBlob(new Uint8Array(reading(path, () => readFileSync(path))), basename(path));
}

/** Reads a blob or a float checkpoint. @param overrides for checkpoints @throws UserError */
export function readModelFile(path: string, overrides: ImportOverrides = {}): BlobModel | ReadModel {
	const kind = sniff(path) ?? (path.endsWith(".essm") ? "blob" : "checkpoint");
	return kind === "blob" ? readBlobFile(path) : { kind: "checkpoint", ...readCheckpoint(path, overrides) };
}

/** Reads a float checkpoint. @throws UserError, also when it is a blob */
export function readFloatFile(path: string, overrides: ImportOverrides = {}): Checkpoint {
	const read = readModelFile(path, overrides);
	if (read.kind === "blob")
		throw new UserError(`${path} is already a blob; give the float checkpoint it was made from.`);
	return read;
}
