// Writes sequences of tokens as a folder that `readPackedFolder` reads: one after the other, a byte each.
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeFolder, writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";
import { packedKind } from "./packed";
import { labelledTargets } from "./targets";

export interface TokenRows {
	rows: readonly Uint8Array[];
	/** (rows) indices into the names of labels. */
	labels: Uint8Array;
}

export interface TokenSet {
	name: string;
	/** Steps of the longest sequence there may be. */
	T: number;
	tokens: number;
	labels: string[];
	train: TokenRows;
	test: TokenRows;
}

/** @param notes texts for people, such as where the data are from @returns the names of the files */
export function writeTokenFolder(
	folder: string,
	{ name, T, tokens, labels: names, ...splits }: TokenSet,
	notes: Record<string, string | number>,
): string[] {
	const files: string[] = [];
	const write = (file: string, bytes: Uint8Array) => {
		writeWhole(join(folder, file), bytes);
		files.push(file);
	};
	makeFolder(folder);
	try {
		rmSync(join(folder, "meta.json"), { force: true }); // it comes last
	} catch (error) {
		throw new UserError(`The folder ${folder} could not be made: ${(error as Error).message}.`);
	}
	const described: Record<string, object> = {};
	const none = labelledTargets(name, names, new Uint8Array(0));
	const packed = packedKind(none.kind);
	for (const [split, { rows, labels }] of Object.entries(splits)) {
		const all = Buffer.concat(rows);
		const offsets = Buffer.alloc(4 * (rows.length + 1));
		let at = 0;
		for (const [i, row] of rows.entries()) {
			at += row.length;
			offsets.writeUInt32LE(at, 4 * (i + 1));
		}
		write(`${split}.txt.gz`, gzipSync(all));
		write(`${split}.offsets.bin.gz`, gzipSync(offsets));
		const targets = labelledTargets(name, names, labels);
		write(`${split}.${packed.array}.bin.gz`, gzipSync(packed.raw(targets)));
		described[split] = {
			n: rows.length,
			...packed.describeSplit(targets),
			sha256: createHash("sha256").update(all).digest("hex"),
		};
	}
	const meta = { name, dtype: "uint8", T, tokens, ...packed.describe(none), ...notes, splits: described };
	write("meta.json", Buffer.from(JSON.stringify(meta, null, "\t")));
	return files;
}
