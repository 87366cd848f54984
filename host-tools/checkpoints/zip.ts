// A zip archive with stored entries, as torch.save writes it. Read by its central directory, without unpacking: an entry is
// never larger than its place in the file, so nothing can expand.
import { crc32 } from "../../src/bytes/crc32";
import { UserError } from "../terminal/errors";

const MAX_ENTRIES = 20_000;
const END = { signature: 0x06054b50, bytes: 22 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };

interface Entry {
	name: string;
	size: number;
	crc: number;
	/** Of its local header, then of its data. */
	begin: number;
	data: number;
}

export interface StoredZip {
	/** Names of all entries. */
	names: string[];
	/** The bytes of an entry, or undefined when there is none. @throws UserError when they are damaged */
	read(name: string): Uint8Array | undefined;
}

/** Offset of the end record, which only a comment may follow. */
function findEnd(view: DataView): number | undefined {
	const last = view.byteLength - END.bytes;
	for (let at = last; at >= Math.max(0, last - 0xffff); at--)
		if (
			view.getUint32(at, true) === END.signature &&
			at + END.bytes + view.getUint16(at + 20, true) === view.byteLength
		)
			return at;
	return undefined;
}

/**
 * Opens the archive: checks all of its directory, reads no entry.
 *
 * @throws UserError when it is truncated or damaged, an entry is compressed or encrypted, or entries overlap
 */
export function openStoredZip(bytes: Uint8Array, file: string): StoredZip {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const damaged = (what: string) => new UserError(`${file} is truncated or damaged: ${what}; copy it again.`);
	const end = findEnd(view);
	if (end === undefined) throw damaged("its zip archive has no end");
	const count = view.getUint16(end + 10, true);
	const directory = view.getUint32(end + 16, true);
	if (count > MAX_ENTRIES)
		throw new UserError(`${file} is a zip archive of ${count} entries; at most ${MAX_ENTRIES} are read.`);
	if (directory + view.getUint32(end + 12, true) > end)
		throw damaged("the directory of its zip archive is not in it");

	const entries = new Map<string, Entry>();
	for (let i = 0, at = directory; i < count; i++) {
		if (at + CENTRAL.bytes > end || view.getUint32(at, true) !== CENTRAL.signature)
			throw damaged(`entry ${i} of its zip archive is not in the directory`);
		const nameEnd = at + CENTRAL.bytes + view.getUint16(at + 28, true);
		if (nameEnd > end) throw damaged(`the name of entry ${i} of its zip archive does not fit`);
		const name = Buffer.from(bytes.subarray(at + CENTRAL.bytes, nameEnd)).toString("utf8");
		const what = `the entry ${name.slice(0, 60)}`;
		if (view.getUint16(at + 8, true) & 1)
			throw new UserError(`The zip archive ${file} is encrypted (${what}); torch.save never does that.`);
		if (view.getUint16(at + 10, true) !== 0)
			throw new UserError(
				`The zip archive ${file} is compressed (${what}); torch.save stores entries uncompressed; save the network again with it.`,
			);
		const size = view.getUint32(at + 24, true);
		if (view.getUint32(at + 20, true) !== size) throw damaged(`${what} states two sizes`);
		const begin = view.getUint32(at + 42, true);
		if (begin + LOCAL.bytes > directory || view.getUint32(begin, true) !== LOCAL.signature)
			throw damaged(`${what} is not where the directory says`);
		const data = begin + LOCAL.bytes + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true);
		if (data + size > directory) throw damaged(`${what} does not fit`);
		if (entries.has(name)) throw damaged(`${what} is there twice`);
		entries.set(name, { name, size, crc: view.getInt32(at + 16, true), begin, data });
		at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
	}
	let free = 0;
	for (const { name, begin, data, size } of [...entries.values()].sort((a, b) => a.begin - b.begin)) {
		if (begin < free) throw damaged(`the entry ${name.slice(0, 60)} overlaps another`);
		free = data + size;
	}
	return {
		names: [...entries.keys()],
		read: (name) => {
			const entry = entries.get(name);
			if (!entry) return undefined;
			const content = bytes.subarray(entry.data, entry.data + entry.size);
			if (crc32(content) !== entry.crc)
				throw damaged(`the checksum of the entry ${name.slice(0, 60)} is wrong`);
			return content;
		},
	};
}
