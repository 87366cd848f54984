// Readers of checkpoints against damage that gets past checksums and lengths: safetensors whose header is JSON of the right
// length, files of torch.save whose archive and pickle are consistent. What is read goes on to be imported as a network.
import { test } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { parseCheckpoint } from "../../host-tools/checkpoints/import";
import { readSafetensors } from "../../host-tools/checkpoints/safetensors";
import type { Random } from "../../host-tools/datasets/random";
import { crc32 } from "../../src/bytes/crc32";
import { FAMILY_TREES } from "../support/family-trees";
import { randomModel, randomStepNorms } from "../support/float-model";
import { damageBytes, damageJson, fuzz, pick } from "../support/fuzz";
import { pickle, Storage, TorchTensor, torchEntries, zip } from "../support/torch-file";

/** Reads a file; the network in it is imported where there is one, and every tensor of the file must be in order. */
const read = (bytes: Uint8Array, metadata: Record<string, string> = {}) => {
	const { model } = parseCheckpoint(bytes, "net.pt", { metadata });
	if (!(model.H > 0 && model.channels > 0 && model.blocks.length > 0))
		throw new Error("a network without a shape");
};

interface Parts {
	header: unknown;
	data: Uint8Array;
}

function takeApart(bytes: Uint8Array): Parts | undefined {
	if (bytes.length < 8) return undefined;
	const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
	try {
		const header: unknown = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
		return { header, data: bytes.subarray(8 + length) };
	} catch {
		return undefined;
	}
}

function putTogether({ header, data }: Parts): Uint8Array {
	const json = Buffer.from(JSON.stringify(header) ?? "");
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(json.length));
	return new Uint8Array(Buffer.concat([length, json, data]));
}

const SIZES = [0, 1, 2, 3, 4, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const METADATA = [
	"activation",
	"pooling",
	"norm",
	"bidirectional",
	"step_scale",
	"eps",
	"labels",
	"input_mean",
	"input_std",
];
const VALUES = [
	"true",
	"False",
	"gelu",
	"relu",
	"mean",
	"last",
	"before",
	"1e-5",
	"-1",
	"[1,2]",
	"[]",
	"nan",
	"{",
	"[null]",
];

/** Changes of a header that keep offsets and shapes in step, so that the network itself is looked at. */
function reshape(header: unknown, random: Random): unknown {
	const entries = Object.entries(structuredClone(header) as Record<string, { shape?: number[] }>);
	const tensors = entries.filter(([, entry]) => Array.isArray(entry?.shape));
	if (!tensors.length) return header;
	const [name, entry] = pick(random, tensors);
	const metadata = entries.find(([key]) => key === "__metadata__")?.[1] as Record<string, string> | undefined;
	switch (random.below(5)) {
		case 0: // as many elements in another shape
			entry.shape = random.chance(0.5) ? [...entry.shape!].reverse() : [...entry.shape!, 1];
			break;
		case 1: // none at all
			entry.shape = [pick(random, SIZES), 0];
			break;
		case 2: {
			const other = pick(random, tensors);
			return Object.fromEntries(
				entries.map(([key, value]) => [key === name ? other[0] : key === other[0] ? name : key, value]),
			);
		}
		case 3:
			return Object.fromEntries(
				entries.map(([key, value]) => [
					key === name ? key.replace(/\d/, String(random.below(12))) : key,
					value,
				]),
			);
		default:
			if (metadata) metadata[pick(random, [...METADATA, ...Object.keys(metadata)])] = pick(random, VALUES);
	}
	return Object.fromEntries(entries);
}

/** Offsets one after the other as the shapes need them, and as many bytes. */
function settleOffsets({ header, data }: Parts, random: Random): Parts {
	let end = 0;
	for (const entry of Object.values(
		header as Record<string, { dtype?: unknown; shape?: number[]; data_offsets?: number[] }>,
	)) {
		if (!Array.isArray(entry?.shape)) continue;
		const length = entry.shape.reduce(
			(product, n) => product * n,
			entry.dtype === "F64" ? 8 : entry.dtype === "F16" ? 2 : 4,
		);
		if (!(length >= 0 && end + length < 1 << 16)) return { header, data };
		entry.data_offsets = [end, end + length];
		end += length;
	}
	const bytes = new Uint8Array(end);
	bytes.set(data.subarray(0, end));
	if (end && random.chance(0.2)) bytes[random.below(end)] = random.below(256);
	return { header, data: bytes };
}

test("safetensors", () =>
	fuzz({
		name: "safetensors",
		files: ["safetensors", "elements", "import", "metadata", "tensors"].map(
			(name) => `host-tools/checkpoints/${name}.ts`,
		),
		seeds: [
			...[1, 2, 3].map((seed) => formatCheckpoint(randomModel(seed))),
			formatCheckpoint(randomStepNorms(4)),
		],
		damage: (bytes, random, others) => {
			const parts = random.chance(0.1) ? undefined : takeApart(bytes);
			if (!parts) return damageBytes(bytes, random, others);
			if (random.chance(0.3)) return putTogether({ ...parts, header: damageJson(parts.header, random) });
			let { header } = parts;
			for (let n = 1 + random.below(3); n > 0; n--) header = reshape(header, random);
			return putTogether(
				random.chance(0.8) ? settleOffsets({ header, data: parts.data }, random) : { ...parts, header },
			);
		},
		read: (bytes) => {
			const { tensors, metadata } = readSafetensors(bytes, "net.safetensors");
			for (const { shape, values, complex } of tensors.values())
				if (values && values.length !== shape.reduce((product, n) => product * n, complex ? 2 : 1))
					throw new Error("a tensor that does not fit its shape");
			if (Object.values(metadata).some((value) => typeof value !== "string")) throw new Error("metadata");
			read(bytes);
		},
	}));

/** Opcodes with operands, and globals that tensors need. */
const OPCODES = [
	"\x80\x02",
	"}",
	"]",
	")",
	"(",
	"t",
	"\x85",
	"\x86",
	"\x87",
	"u",
	"s",
	"e",
	"a",
	"R",
	"Q",
	"N",
	"\x88",
	"\x89",
	".",
	"0",
	"2",
	"K\x00",
	"K\xff",
	"M\xff\xff",
	"J\xff\xff\xff\x7f",
	"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
	"G\x7f\xf0\x00\x00\x00\x00\x00\x00",
	"q\x00",
	"h\x00",
	"h\x01",
	"j\xff\xff\xff\x7f",
	"X\x04\x00\x00\x00\x1b[2J",
	"X\xff\xff\xff\xff",
	"ccollections\nOrderedDict\n",
	"ctorch._utils\n_rebuild_tensor_v2\n",
	"ctorch\nFloatStorage\n",
	"cos\nsystem\n",
	"b",
].map((code) => Uint8Array.from(Buffer.from(code, "latin1")));

/** What torch.save was given, and what else an import of it must be told. */
const SAVED = [
	...FAMILY_TREES.map(({ make, metadata }) => ({ ...pickle(make(1)), metadata })),
	...FAMILY_TREES.slice(0, 1).map(({ make, metadata }) => ({
		...pickle(
			new Map<string, unknown>([
				["model", make(2)],
				["epoch", 300],
				["lr", [1, 2 ** 40, 0.5, true, null]],
				["view", new TorchTensor(new Storage([0, 1, 2, 3, 4, 5]), [3, 2], 0, [1, 3])],
			]),
		),
		metadata,
	})),
];

/** An input is one byte that names a file of SAVED, with this bit when an archive follows, else a pickle for an archive. */
const AN_ARCHIVE = 128;
const savedOf = (input: Uint8Array) => SAVED[((input[0] ?? 0) % AN_ARCHIVE) % SAVED.length]!;
const archiveOf = (input: Uint8Array) =>
	(input[0] ?? 0) & AN_ARCHIVE
		? input.subarray(1)
		: zip(torchEntries({ bytes: input.subarray(1), storages: savedOf(input).storages }));

/** Writes into the archive's directory the checksums of what is there. */
function repairSums(archive: Uint8Array): Uint8Array {
	const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
	for (let at = 0; at + 46 <= archive.length; at++) {
		if (view.getUint32(at, true) !== 0x02014b50) continue;
		const begin = view.getUint32(at + 42, true);
		if (begin + 30 > archive.length) continue;
		const data = begin + 30 + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true);
		view.setInt32(at + 16, crc32(archive.subarray(data, data + view.getUint32(at + 24, true))), true);
	}
	return archive;
}

test("files of torch.save", () =>
	fuzz({
		name: "pytorch",
		files: ["pytorch", "pickle", "torch-tensors", "zip", "import", "tensors"].map(
			(name) => `host-tools/checkpoints/${name}.ts`,
		),
		seeds: SAVED.flatMap(({ bytes }, i) => {
			const input = Uint8Array.from([i, ...bytes]);
			return [input, Uint8Array.from([i | AN_ARCHIVE, ...archiveOf(input)])];
		}),
		damage: (input, random, others) => {
			const rest = others.map((other) => other.subarray(1));
			if (!((input[0] ?? 0) & AN_ARCHIVE))
				return Uint8Array.from([input[0] ?? 0, ...damageBytes(input.subarray(1), random, rest, OPCODES)]);
			const archive = input.subarray(1);
			// half of the time in the directory, which is at the end
			const from = random.chance(0.5) ? 0 : Math.max(0, archive.length - random.below(400));
			const damaged = damageBytes(archive.subarray(from), random, rest, [
				"PK\x03\x04",
				"PK\x01\x02",
				"PK\x05\x06",
			]);
			return Uint8Array.from([
				input[0]!,
				...repairSums(Uint8Array.from([...archive.subarray(0, from), ...damaged])),
			]);
		},
		read: (input) => read(archiveOf(input), savedOf(input).metadata),
	}));
