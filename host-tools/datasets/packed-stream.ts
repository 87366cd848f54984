// Writes a packed folder (docs/DATASETS.md) row by row, for data larger than memory. Files get their names only when everything
// is written, meta.json last.
import { createHash } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeFolder, writeWhole } from "../files/write";
import type { Channel } from "../recordings/recording";
import { UserError } from "../terminal/errors";
import { packedKind } from "./packed";
import { labelledTargets, type Targets } from "./targets";

type Split = "train" | "test";
const SPLITS = ["train", "test"] as const;
/** Bytes compressed at once: members of one gzip file, as RFC 1952 allows. */
const PIECE = 1 << 22;

/** Writes numbers of one split to a file: its values, or its targets. */
class Numbers {
	readonly path: string;
	readonly temporary: string;
	readonly #file: number;
	readonly #sum = createHash("sha256");
	#waiting: Buffer[] = [];
	#bytes = 0;

	constructor(folder: string, name: string) {
		this.path = join(folder, `${name}.bin.gz`);
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
	/** Targets of every step, in place of labels. */
	targets: readonly Channel[] | undefined;
	groups: readonly string[];
}

/** Rows of windows with labels or targets, all of one length. */
export class PackedWriter {
	readonly #folder: string;
	readonly #about: PackedDescription;
	readonly #values: Record<Split, Numbers>;
	readonly #targets: Record<Split, Numbers> | undefined;
	readonly #labels: Record<Split, number[]> = { train: [], test: [] };
	readonly #groups: Record<Split, number[]> = { train: [], test: [] };

	constructor(folder: string, about: PackedDescription) {
		this.#folder = folder;
		this.#about = about;
		makeFolder(folder);
		try {
			this.#values = { train: new Numbers(folder, "train"), test: new Numbers(folder, "test") };
			this.#targets = about.targets && {
				train: new Numbers(folder, "train.targets"),
				test: new Numbers(folder, "test.targets"),
			};
		} catch (error) {
			throw new UserError(`The folder ${folder} could not be written: ${(error as Error).message}.`);
		}
	}

	/**
	 * @param target index into the labels, or (T, targets) @param group index into the names
	 * @throws UserError when the disk is full or similar; nothing is left then
	 */
	add(split: Split, values: Float32Array, target: number | Float32Array, group: number): void {
		this.#guarded(() => {
			this.#values[split].add(values);
			if (typeof target === "number") this.#labels[split].push(target);
			else this.#targets![split].add(target);
		});
		this.#groups[split].push(group);
	}

	/** Labels, or what targets of steps are; those are in their files. */
	#described(split: Split): Targets {
		const { name, labels, targets, T } = this.#about;
		if (!targets) return labelledTargets(name, labels, Uint32Array.from(this.#labels[split]));
		return {
			kind: "values",
			names: targets.map((target) => target.name),
			units: targets.map(({ unit }) => unit),
			...{ steps: { T, lengths: new Uint32Array() }, of: new Float32Array() },
		};
	}

	/** @param notes for people, in meta.json */
	finish(notes: Record<string, unknown>): void {
		const { name, T, channels, channelCount, rate, groups } = this.#about;
		const packed = packedKind(this.#described("train").kind);
		this.#guarded(() => {
			const ended = (of: Record<Split, Numbers>) => ({ train: of.train.end(), test: of.test.end() });
			const sums = ended(this.#values);
			const targetSums = this.#targets && ended(this.#targets);
			// Removes files of a previous set that this one does not have.
			for (const split of SPLITS)
				for (const old of ["len", "subject", "labels", "targets"])
					rmSync(join(this.#folder, `${split}.${old}.bin.gz`), { force: true });
			rmSync(join(this.#folder, "meta.json"), { force: true });
			for (const split of SPLITS) {
				renameSync(this.#values[split].temporary, this.#values[split].path);
				const targets = this.#targets?.[split];
				if (targets) renameSync(targets.temporary, targets.path);
				else
					writeWhole(
						join(this.#folder, `${split}.${packed.array}.bin.gz`),
						gzipSync(packed.raw(this.#described(split))),
					);
				const raw = Buffer.alloc(2 * this.#groups[split].length);
				for (const [i, group] of this.#groups[split].entries()) raw.writeUInt16LE(group, 2 * i);
				writeWhole(join(this.#folder, `${split}.groups.bin.gz`), gzipSync(raw));
			}
			const describe = (split: Split) => ({
				n: this.#groups[split].length,
				...packed.describeSplit(this.#described(split)),
				sha256_raw_bin: sums[split],
				...(targetSums && { [packed.sum]: targetSums[split] }),
			});
			const meta = {
				...{ name, T, C: channelCount, groups },
				...packed.describe(this.#described("train")),
				...(rate !== undefined && { fs_hz: rate }),
				...(channels && { channels }),
				...notes,
				splits: { train: describe("train"), test: describe("test") },
			};
			writeWhole(join(this.#folder, "meta.json"), Buffer.from(JSON.stringify(meta, null, "\t")));
		});
	}

	discard(): void {
		for (const split of SPLITS) for (const of of [this.#values, this.#targets]) of?.[split].discard();
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
