// How the values of a packed folder are stored (docs/DATASETS.md): as floats or bytes, all rows of one length, or as tokens one
// sequence after the other. Sizes must fit to the byte.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../terminal/errors";
import { grouped, say } from "../terminal/output";
import { MAX_BYTES, readBounded } from "./source";

/** What meta.json says of the values of a split. */
export interface Stored {
	folder: string;
	split: string;
	name: string;
	/** Rows. */
	n: number;
	/** Steps of the longest row. */
	T: number;
	channels: number;
	dtype: "float32" | "uint8";
	tokens: number | undefined;
	/** SHA-256 of the values, if it is stated. */
	sum: string | undefined;
	/** Whether lengths are stored. */
	uneven: boolean;
}

/** The values of a split. */
export interface StoredRows {
	lengths: Uint32Array;
	/** Writes row `row`, T steps, to values[at]; what is after its end stays. */
	copy(row: number, values: Float32Array, at: number): void;
}

/** Longest sequence of tokens that is read whole where nothing is stated, as in the Long Range Arena. */
export const MOST_TOKENS = 4096;

/**
 * The raw bytes of one packed array, exactly `bytes` long and with the stated checksum.
 * @param explain a length that differs, in words
 */
export function readArray(
	path: string,
	bytes: number,
	sha256?: string,
	explain?: (length: number) => string,
): Buffer {
	const raw = readBounded(path, explain ? MAX_BYTES : bytes);
	if (raw.length !== bytes)
		throw new UserError(
			`The file ${path} unpacks to ${raw.length} bytes, but meta.json requires ${bytes} (${explain?.(raw.length) ?? "rows times steps times channels times size"}).`,
		);
	if (sha256 && createHash("sha256").update(raw).digest("hex") !== sha256)
		throw new UserError(
			`The file ${path} does not have the SHA-256 that meta.json states; copy the data set again.`,
		);
	return raw;
}

/** Rows of one length, padded where they are shorter. */
function evenRows({ folder, split, n, channels, dtype, sum, uneven, T }: Stored): StoredRows {
	const bytes = dtype === "uint8" ? 1 : 4;
	const raw = readArray(join(folder, `${split}.bin.gz`), n * T * channels * bytes, sum);
	const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
	const path = join(folder, `${split}.len.bin.gz`);
	const rawLengths = uneven || existsSync(path) ? readArray(path, n * 2) : undefined;
	const width = T * channels;
	return {
		lengths: Uint32Array.from({ length: n }, (_, row) => rawLengths?.readUInt16LE(2 * row) ?? T),
		copy(row, values, at) {
			for (let i = 0, k = row * width; i < width; i++, k++)
				values[at + i] = bytes === 1 ? raw[k]! : view.getFloat32(4 * k, true);
		},
	};
}

/** Sequences of tokens, a byte each, one after the other. */
function tokenRows({ folder, split, name, n, T, sum }: Stored): StoredRows {
	const path = join(folder, `${split}.offsets.bin.gz`);
	const offsets = readArray(path, 4 * (n + 1));
	const at = (row: number) => offsets.readUInt32LE(4 * row);
	let cut = 0;
	for (let row = 0; row < n; row++) {
		if (at(row + 1) <= at(row))
			throw new UserError(`${path}: sequence ${row} has no tokens; leave it out of the data.`);
		if (at(row + 1) - at(row) > T) cut++;
	}
	if (at(0) !== 0 || at(n) > MAX_BYTES)
		throw new UserError(`${path}: sequences must begin at 0 and end within ${MAX_BYTES} bytes.`);
	const raw = readArray(join(folder, `${split}.txt.gz`), at(n), sum);
	if (cut)
		say(
			`${name} (${split}): ${grouped(cut)} of ${grouped(n)} sequences are longer than ${grouped(T)} tokens and end there.`,
		);
	return {
		lengths: Uint32Array.from({ length: n }, (_, row) => Math.min(T, at(row + 1) - at(row))),
		copy(row, values, to) {
			values.set(raw.subarray(at(row), Math.min(at(row + 1), at(row) + T)), to);
		},
	};
}

/** @throws UserError naming the file that is not what meta.json says */
export const readRows = (stored: Stored): StoredRows =>
	stored.tokens === undefined ? evenRows(stored) : tokenRows(stored);
