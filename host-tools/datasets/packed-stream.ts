// Writes a packed folder (docs/DATASETS.md) row by row, for data larger than memory. Files get their names only when everything
// is written, meta.json last.
import { createHash } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeFolder, writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";
import { packedKind } from "./packed";
import { labelledTargets } from "./targets";

type Split = "train" | "test";
const SPLITS = ["train", "test"] as const;
/** Bytes compressed at once: members of one gzip file, as RFC 1952 allows. */
const PIECE = 1 << 22;

/** Writes the values of one split to a file. */
class Values {
	readonly path: string;
	readonly temporary: string;
	readonly #file: number;
	readonly #sum = createHash("sha256");
	#waiting: Buffer[] = [];
	#bytes = 0;

	constructor(folder: string, split: Split) {
		this.path = join(folder, `${split}.bin.gz`);
		this.temporary = `${this.path}.${process.pid}.tmp`;
		this.#file = openSync(this.temporary, "w");
	}

	add(values: Float32Array): void {
		const bytes = Buffer.alloc(4 * values.length);
		for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i);
		this.#waiting.push(bytes);
		this.#bytes += bytes.length;
		if (this.#bytes >= PIECE) this.#flush();
	}

	#flush(): void {
		const bytes = Buffer.concat(this.#waiting);
		this.#sum.update(bytes);
		const packed = gzipSync(bytes);
		for (let at = 0; at < packed.length; ) at += writeSync(this.#file, packed, at);
		this.#waiting = [];
		this.#bytes = 0;
	}

	/** @returns SHA-256 of the values */
	end(): string {
		this.#flush();
		closeSync(this.#file);
		return this.#sum.digest("hex");
	}

	discard(): void {
		rmSync(this.temporary, { force: true });
	}
}

export interface PackedDescription {
	name: string;
	/** Steps and channels of every row. */
	T: number;
	channels: string[] | undefined;
	channelCount: number;
	rate: number | undefined;
	labels: readonly string[];
	groups: readonly string[];
}

/** Rows of labelled windows, all of one length. */
export class PackedWriter {
	readonly #folder: string;
	readonly #about: PackedDescription;
	readonly #values: Record<Split, Values>;
	readonly #labels: Record<Split, number[]> = { train: [], test: [] };
	readonly #groups: Record<Split, number[]> = { train: [], test: [] };

	constructor(folder: string, about: PackedDescription) {
		this.#folder = folder;
		this.#about = about;
		makeFolder(folder);
		try {
			this.#values = { train: new Values(folder, "train"), test: new Values(folder, "test") };
		} catch (error) {
			throw new UserError(`The folder ${folder} could not be written: ${(error as Error).message}.`);
		}
	}

	/** @param label, group indices into the names @throws UserError when the disk is full or similar; nothing is left then */
	add(split: Split, values: Float32Array, label: number, group: number): void {
		this.#guarded(() => this.#values[split].add(values));
		this.#labels[split].push(label);
		this.#groups[split].push(group);
	}

	#targets(split: Split) {
		const { name, labels } = this.#about;
		return labelledTargets(name, labels, Uint32Array.from(this.#labels[split]));
	}

	/** @param notes for people, in meta.json */
	finish(notes: Record<string, unknown>): void {
		const { name, T, channels, channelCount, rate, groups } = this.#about;
		const packed = packedKind(this.#targets("train").kind);
		this.#guarded(() => {
			const sums = { train: this.#values.train.end(), test: this.#values.test.end() };
			// Removes files of a previous set that this one does not have.
			for (const split of SPLITS)
				for (const old of ["len", "subject"])
					rmSync(join(this.#folder, `${split}.${old}.bin.gz`), { force: true });
			rmSync(join(this.#folder, "meta.json"), { force: true });
			for (const split of SPLITS) {
				renameSync(this.#values[split].temporary, this.#values[split].path);
				writeWhole(
					join(this.#folder, `${split}.${packed.array}.bin.gz`),
					gzipSync(packed.raw(this.#targets(split))),
				);
				const raw = Buffer.alloc(2 * this.#groups[split].length);
				for (const [i, group] of this.#groups[split].entries()) raw.writeUInt16LE(group, 2 * i);
				writeWhole(join(this.#folder, `${split}.groups.bin.gz`), gzipSync(raw));
			}
			const describe = (split: Split) => ({
				n: this.#labels[split].length,
				...packed.describeSplit(this.#targets(split)),
				sha256_raw_bin: sums[split],
			});
			const meta = {
				...{ name, T, C: channelCount, groups },
				...packed.describe(this.#targets("train")),
				...(rate !== undefined && { fs_hz: rate }),
				...(channels && { channels }),
				...notes,
				splits: { train: describe("train"), test: describe("test") },
			};
			writeWhole(join(this.#folder, "meta.json"), Buffer.from(JSON.stringify(meta, null, "\t")));
		});
	}

	discard(): void {
		for (const split of SPLITS) this.#values[split].discard();
	}

	#guarded(write: () => void): void {
		try {
			write();
		} catch (error) {
			this.discard();
			if (error instanceof UserError) throw error;
			throw new UserError(`${this.#folder} could not be written: ${(error as Error).message}.`);
		}
	}
}
