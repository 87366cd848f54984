// Reads and checks the partition table in a chip's flash at 0x8000 (written by ESP-IDF's gen_esp32part.py). Data from a chip is
// untrusted: everything is bounds-checked before use.
import { createHash } from "node:crypto";
import { readUtf8 } from "../../src/bytes/utf8";
import { UserError } from "../terminal/errors";

export const TABLE_OFFSET = 0x8000;
/** Bytes of the table: 95 entries and the MD5 row after the last one. */
export const TABLE_LENGTH = 0xc00;
/** Bytes of a sector, the unit of erasing and of partitions. */
export const SECTOR = 4096;
/** The slots' names, in the order of their numbers. */
export const SLOT_NAMES = ["model_a", "model_b"] as const;

const ROW = 32;
const ENTRY_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
const TYPE_APP = 0;
const TYPE_DATA = 1;

export interface Partition {
	name: string;
	/** 0 app, 1 data; others are free for applications. */
	type: number;
	subtype: number;
	/** Offset from the start of flash, and length, in bytes; both multiples of a sector. */
	offset: number;
	length: number;
}

const hex = (n: number) => `0x${n.toString(16)}`;
const damaged = (what: string) =>
	new UserError(`The partition table at ${hex(TABLE_OFFSET)} ${what}; flash the firmware first.`);

/**
 * Reads a partition table: 32-byte rows up to the MD5 row, little-endian.
 * @param flashBytes size of the flash it must fit
 * @throws UserError when there is none, when it is damaged, or when a partition lies outside the flash or overlaps another
 */
export function parsePartitionTable(bytes: Uint8Array, flashBytes: number): Partition[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const partitions: Partition[] = [];
	let at = 0;
	for (; ; at += ROW) {
		if (at + ROW > bytes.length) throw damaged("has no end row");
		const magic = view.getUint16(at, true);
		if (magic === MD5_MAGIC) break;
		if (magic !== ENTRY_MAGIC)
			throw damaged(at === 0 ? "is missing" : `is damaged in row ${at / ROW} (${hex(magic)})`);
		const label = bytes.subarray(at + 12, at + 28);
		const end = label.indexOf(0);
		partitions.push({
			type: bytes[at + 2]!,
			subtype: bytes[at + 3]!,
			offset: view.getUint32(at + 4, true),
			length: view.getUint32(at + 8, true),
			name: readUtf8(label, 0, end < 0 ? label.length : end),
		});
	}
	const md5 = createHash("md5").update(bytes.subarray(0, at)).digest();
	if (!md5.equals(bytes.subarray(at + 16, at + ROW))) throw damaged("does not match its MD5");
	checkBounds(partitions, flashBytes);
	return partitions;
}

/** Names in partitions.csv, as ESP-IDF has them. */
const TYPES: Readonly<Record<string, number>> = { app: TYPE_APP, data: TYPE_DATA };
const SUBTYPES: Readonly<Record<string, number>> = { factory: 0, phy: 1, nvs: 2, undefined: 6, spiffs: 0x82 };

/** The table that a CSV of ESP-IDF's form describes: rows, the MD5 row, and erased flash up to its length. */
export function partitionTable(csv: string): Uint8Array {
	const rows = csv.split("\n").filter((line) => /^\w/.test(line));
	const bytes = Buffer.alloc(TABLE_LENGTH, 0xff);
	rows.forEach((line, i) => {
		const [name, type, subtype, offset, length] = line.split(",").map((cell) => cell.trim());
		const row = bytes.subarray(ROW * i, ROW * (i + 1)).fill(0);
		row.writeUInt16LE(ENTRY_MAGIC);
		row.writeUInt8(TYPES[type!]!, 2);
		row.writeUInt8(SUBTYPES[subtype!]!, 3);
		row.writeUInt32LE(Number(offset), 4);
		row.writeUInt32LE(Number(length), 8);
		row.write(name!, 12);
	});
	const end = ROW * rows.length;
	bytes.writeUInt16LE(MD5_MAGIC, end);
	bytes.set(createHash("md5").update(bytes.subarray(0, end)).digest(), end + 16);
	return bytes;
}

function checkBounds(partitions: readonly Partition[], flashBytes: number): void {
	let before: Partition | undefined;
	for (const partition of [...partitions].sort((a, b) => a.offset - b.offset)) {
		const { name, offset, length } = partition;
		if (offset % SECTOR !== 0 || length % SECTOR !== 0 || length === 0)
			throw damaged(`has a partition "${name}" that is not a multiple of a sector`);
		if (offset + length > flashBytes)
			throw new UserError(
				`The partition table does not fit this chip: "${name}" ends at ${hex(offset + length)}, the flash at ${hex(flashBytes)}; flash firmware that was built for ${flashBytes / 1048576} MB.`,
			);
		if (offset < TABLE_OFFSET + SECTOR || (before && offset < before.offset + before.length))
			throw damaged(
				`has a partition "${name}" that overlaps ${before ? `"${before.name}"` : "the table itself"}`,
			);
		before = partition;
	}
}

/** Both model slots. @throws UserError when one is missing or can't be a slot */
export function findSlots(partitions: readonly Partition[]): [Partition, Partition] {
	const [a, b] = SLOT_NAMES.map((name) => {
		const found = partitions.filter((p) => p.name === name);
		const slot = found[0];
		if (slot === undefined || found.length > 1)
			throw new UserError(
				`The chip's partition table has ${found.length} partitions "${name}" (it has ${partitions.map((p) => p.name).join(", ")}); flash the edge-ssm firmware first.`,
			);
		if (slot.type !== TYPE_DATA || slot.length < 2 * SECTOR)
			throw new UserError(
				`The chip's partition "${name}" is not a model slot (type ${slot.type}, ${slot.length} bytes); flash the edge-ssm firmware first.`,
			);
		return slot;
	});
	return [a!, b!];
}

/** The first application partition. @throws UserError when there is none */
export function findApp(partitions: readonly Partition[]): Partition {
	const app = partitions.find((p) => p.type === TYPE_APP);
	if (app === undefined) throw new UserError("The partition table has no partition for an application.");
	return app;
}
