// Reads and writes a folder of packed arrays with meta.json (docs/DATASETS.md). Sizes must match exactly, and so must
// everything meta.json states, such as SHA-256 sums.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { makeFolder, writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import * as KINDS from "./packed-kinds";
import { MOST_TOKENS, readArray, readRows } from "./packed-rows";
import { type PackedTargets, Sha256 } from "./packed-targets";
import {
	checkDataset,
	checkSize,
	MAX_CHANNELS,
	MAX_STEPS,
	MAX_VALUES,
	type OpenOptions,
	readBounded,
} from "./source";
import { drawRows } from "./split";
import { type Targets, targetKind } from "./targets";

type Packed = PackedTargets<Targets, z.ZodRawShape, z.ZodRawShape>;
/** @throws UserError for derived targets, which are not stored */
export function packedKind(kind: Targets["kind"]): Packed {
	const packed = (KINDS as Partial<Record<string, unknown>>)[kind];
	if (!packed) throw new UserError(`Targets of kind ${kind} are not stored in files.`);
	return packed as Packed;
}

const MAX_GROUPS = 2 ** 16;

/** Content of meta.json besides its targets. */
const SPLIT = {
	n: z.int().min(0).max(MAX_VALUES),
	sha256_raw_bin: Sha256.optional(),
	/** The same under another name. */
	sha256: Sha256.optional(),
	/** Present when rows have different lengths. */
	len: z.string().optional(),
	/** Present when rows have subjects. */
	subject: z.string().optional(),
};
const META = {
	name: z.string().min(1),
	T: z.int().min(1).max(MAX_STEPS),
	C: z.int().min(1).max(MAX_CHANNELS),
	dtype: z.enum(["float32", "uint8"]).default("float32"),
	/** Values are tokens, a byte each, of a vocabulary of so many. */
	tokens: z.int().min(2).max(256).optional(),
	fs_hz: z.number().positive().optional(),
	channels: z.array(z.string()).optional(),
	groups: z.array(z.string()).min(1).max(MAX_GROUPS).optional(),
};
/** Of tokens: the most that are read of a sequence, and one channel. */
const OF_TOKENS = { T: META.T.default(MOST_TOKENS), C: META.C.default(1) };
const Split = z.object(SPLIT);
const Meta = z.object({ ...META, splits: z.record(z.string(), Split) });
/** With fields of the targets. */
type Meta = z.infer<typeof Meta> & Record<string, unknown>;

/** Whether the folder has a meta.json. */
export function isPackedFolder(folder: string): boolean {
	return existsSync(join(folder, "meta.json"));
}

/** meta.json, and its kind of targets. */
function readMeta(path: string): { meta: Meta; packed: Packed } {
	let json: unknown;
	try {
		json = JSON.parse(readBounded(path, 2 ** 24).toString("utf8"));
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`The file ${path} is not JSON: ${(error as Error).message}.`);
	}
	const kinds = Object.values(KINDS) as unknown as Packed[];
	const fields = typeof json === "object" && json !== null ? json : {};
	const stated = kinds.filter(({ field }) => field in fields);
	if (stated.length > 1)
		throw new UserError(
			`The file ${path} has the fields ${stated.map(({ field }) => field).join(" and ")}; keep only one.`,
		);
	const packed = stated[0] ?? kinds[0]!;
	const splits = z.record(z.string(), Split.extend(packed.split));
	const meta = z
		.object({ ...META, ...("tokens" in fields && OF_TOKENS), splits })
		.extend(packed.meta)
		.safeParse(json);
	if (meta.success) return { meta: meta.data as Meta, packed };
	const issue = meta.error.issues[0]!;
	throw new UserError(`The file ${path} is wrong at "${issue.path.join(".")}": ${issue.message}.`);
}

/** The group of each row: by names in meta.json, or from sets with one byte per row for the subject. */
function readGroups(
	folder: string,
	split: string,
	{ n: total, subject }: z.infer<typeof Split>,
	names?: string[],
) {
	const path = join(folder, `${split}.groups.bin.gz`);
	const subjects = join(folder, `${split}.subject.bin.gz`);
	if (names) {
		const raw = readArray(path, 2 * total);
		const of = Uint32Array.from({ length: total }, (_, row) => raw.readUInt16LE(2 * row));
		const wrong = of.findIndex((group) => group >= names.length);
		if (wrong < 0) return { names, of };
		throw new UserError(
			`${path}: row ${wrong} is of group ${of[wrong]}, but meta.json names only ${names.length}.`,
		);
	}
	if (subject === undefined) return undefined;
	const of = Uint32Array.from(readArray(subjects, total));
	return { names: Array.from({ length: 256 }, (_, i) => `subject ${i}`), of };
}

/** One split of a meta.json folder. */
export function readPackedFolder(
	folder: string,
	split: "train" | "test",
	options: OpenOptions = {},
): Dataset {
	const metaPath = join(folder, "meta.json");
	const { meta, packed } = readMeta(metaPath);
	const { T, C, name, dtype, tokens } = meta;
	const stated = meta.splits[split];
	if (!stated) throw new UserError(`The file ${metaPath} has no split "${split}".`);
	if (options.targets !== undefined && packed !== packedKind(options.targets))
		throw new UserError(
			`The file ${metaPath} states ${packed.field}, and ${packedKind(options.targets).field} are needed: these data are for a different task.`,
		);
	const total = stated.n;
	checkSize(name, total, T, C);
	if (meta.channels && meta.channels.length !== C)
		throw new UserError(
			`The file ${metaPath} names ${meta.channels.length} channels, but C is ${C}; make them agree.`,
		);
	const stored = readRows({
		...{ folder, split, name, dtype, tokens, n: total, T, channels: C },
		sum: stated.sha256_raw_bin ?? stated.sha256,
		uneven: stated.len !== undefined,
	});
	const { lengths } = stored;
	const rawTargets = readArray(
		join(folder, `${split}.${packed.array}.bin.gz`),
		packed.arrayBytes(total, meta),
		(stated as Record<string, unknown>)[packed.sum] as string | undefined,
		packed.explain && ((length) => packed.explain!(length, total, meta)),
	);
	const targets = packed.read(name, split, rawTargets, meta, stated, lengths);
	const groups = readGroups(folder, split, stated, meta.groups);
	const kind = targetKind(targets);
	const { rows, drawn } = drawRows(kind.strata(targets), options);
	const values = new Float32Array(rows.length * T * C);
	rows.forEach((row, i) => {
		stored.copy(row, values, i * T * C);
	});
	return checkDataset({
		name,
		split,
		channels: C,
		T,
		count: rows.length,
		values,
		targets: kind.select(targets, rows),
		lengths: Uint32Array.from(rows, (row) => lengths[row]!),
		...(tokens !== undefined && { tokens }),
		...(drawn && { drawn }),
		...(groups && { groups: { names: groups.names, of: Uint32Array.from(rows, (row) => groups.of[row]!) } }),
		...(meta.fs_hz === undefined ? {} : { rate: meta.fs_hz }),
		...(meta.channels ? { channelNames: meta.channels } : {}),
	});
}

/** The packed values of a split: float32, little-endian, every row padded with zeros to `T` steps. */
export function packedValues({ count, channels, T: own, lengths, values }: Dataset, T: number): Buffer {
	const bytes = Buffer.alloc(count * T * channels * 4);
	for (let i = 0; i < count; i++)
		for (let k = 0; k < lengths[i]! * channels; k++)
			bytes.writeFloatLE(values[i * own * channels + k]!, 4 * (i * T * channels + k));
	return bytes;
}

/**
 * Writes both splits as a folder that `readPackedFolder` reads.
 *
 * @param notes texts for people, such as where the data are from
 * @returns the names of the files
 */
export function writePackedFolder(
	folder: string,
	{ train, test }: { train: Dataset; test: Dataset },
	notes: Record<string, string>,
): string[] {
	makeFolder(folder);
	const T = Math.max(train.T, test.T);
	const names: string[] = [];
	const write = (name: string, bytes: Uint8Array) => {
		writeWhole(join(folder, name), bytes);
		names.push(name);
	};
	const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
	const packed = packedKind(train.targets.kind);
	const splits: Record<string, unknown> = {};
	for (const data of [train, test]) {
		const values = packedValues(data, T);
		const uneven = [train, test].some(({ lengths }) => lengths.some((length) => length !== T));
		write(`${data.split}.bin.gz`, gzipSync(values));
		const targets = packed.raw(data.targets);
		write(`${data.split}.${packed.array}.bin.gz`, gzipSync(targets));
		if (uneven) {
			const lengths = Buffer.alloc(2 * data.count);
			data.lengths.forEach((length, i) => {
				lengths.writeUInt16LE(length, 2 * i);
			});
			write(`${data.split}.len.bin.gz`, gzipSync(lengths));
		}
		if (train.groups && test.groups && data.groups) {
			const groups = Buffer.alloc(2 * data.count);
			data.groups.of.forEach((group, i) => {
				groups.writeUInt16LE(group, 2 * i);
			});
			write(`${data.split}.groups.bin.gz`, gzipSync(groups));
		}
		splits[data.split] = {
			n: data.count,
			...packed.describeSplit(data.targets),
			sha256_raw_bin: sha256(values),
			[packed.sum]: sha256(targets),
			...(uneven && { len: "uint16 valid steps of each row" }),
		};
	}
	const { name, channels, rate, channelNames } = train;
	const meta = {
		name,
		T,
		C: channels,
		...packed.describe(train.targets),
		...(rate === undefined ? {} : { fs_hz: rate }),
		...(channelNames ? { channels: channelNames } : {}),
		...(train.groups && test.groups ? { groups: train.groups.names } : {}),
		...notes,
		splits,
	};
	// Last: without it the folder is not recognised.
	write("meta.json", Buffer.from(JSON.stringify(meta, null, "\t")));
	return names;
}
