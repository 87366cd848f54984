// One slot of the model store: a flash partition with a header sector followed by the blob. Defines the bytes and the order
// in which they are written; store.ts decides which of two slots wins. docs/LINK.md, "Slots".
//
// NOR flash: erasing a sector sets all its bits, writing only clears bits. Power may fail between any two bytes. So a record
// counts only with a valid CRC, and a flag only when all its bits are cleared.
import { crc32 } from "../bytes/crc32";

/** A flash partition, with the interface of the Moddable SDK's class Flash. */
export interface Flash {
	readonly byteLength: number;
	/** Bytes of a sector, the unit of erasing. */
	readonly blockSize: number;
	erase(sector: number): void;
	read(offset: number, byteLength: number): ArrayBuffer;
	write(offset: number, byteLength: number, buffer: ArrayBuffer): void;
	/** The entire partition as readable memory, in place. */
	map(): ArrayBuffer;
}

/** The content of a slot's header. */
export interface SlotHeader {
	/** Incremented with each model written; the highest valid one wins. */
	sequence: number;
	/** Bytes of the blob. */
	length: number;
	/** CRC-32 of the blob's bytes, signed. */
	crc: number;
	/** Identity of the model: the blob's SHA-256, 32 bytes. */
	identity: Uint8Array;
}

/** Flags of a slot, each a 32-bit word, cleared when true. */
export const Flag = Object.freeze({ PROVEN: 64, REJECTED: 68, ROLLED_BACK: 72, CONFIRMED: 76 } as const);

/** Attempts to start a model on trial, each with four flags: that it was begun, and how it failed. */
export const ATTEMPTS = 3;
const ATTEMPT = 80;
const ENDINGS = Object.freeze(["crash", "watchdog reset", "refusal"] as const);
/** How an attempt failed: the program crashed, a watchdog fired, or the start was refused with an error. */
export type Ending = (typeof ENDINGS)[number];

/** Word that a slot begins with: "ESLT". */
export const MAGIC = 0x544c5345;
const FORMAT = 1;
export const IDENTITY_LENGTH = 32;
const ERASED = 0xffffffff;
const RECORD_LENGTH = 56; // magic, format, sequence, length, crc, identity, CRC-32 of these
const HEADER = 0;
/** The load record: the header of the model being written, so that a load can resume after a reset. */
const LOAD = 128;
/** One word per sector of the blob, cleared once the sector is fully written. */
const PROGRESS = 192;
/**
 * After the progress words, to the end of the sector: entries of model versions, each a version and its complement. A write that
 * only clears bits and is cut short never leaves such a pair, nor does an erase that is.
 */
const ENTRY = 8;
/** Parts of the header sector, of which one is kept free for entries. */
const PARTS = 16;

/** Builds the 56 bytes of a header or load record. */
function recordBytes(header: SlotHeader): Uint8Array {
	const bytes = new Uint8Array(RECORD_LENGTH);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, MAGIC, true);
	view.setUint32(4, FORMAT, true);
	view.setUint32(8, header.sequence, true);
	view.setUint32(12, header.length, true);
	view.setInt32(16, header.crc, true);
	bytes.set(header.identity, 20);
	view.setInt32(52, crc32(bytes, 0, 52), true);
	return bytes;
}

/** Maximum bytes of a blob in a partition. */
export function slotCapacity(flash: Flash): number {
	const { blockSize } = flash;
	const progress = blockSize - blockSize / PARTS - PROGRESS;
	const sectors = Math.min(flash.byteLength / blockSize - 1, progress / 4);
	return Math.max(0, Math.floor(sectors) * blockSize);
}

/**
 * The bytes of a complete slot with a proven model, for tools that write a partition from outside (a ROM loader, a
 * simulator's flash file). Erase the sectors it covers first.
 * @param blockSize bytes per sector of the target flash
 */
export function slotImage(
	blob: Uint8Array,
	identity: Uint8Array,
	sequence: number,
	blockSize: number,
): Uint8Array {
	const image = new Uint8Array(blockSize + blob.length).fill(0xff);
	image.set(recordBytes({ sequence, length: blob.length, crc: crc32(blob), identity }), HEADER);
	image.fill(0, Flag.PROVEN, Flag.PROVEN + 4);
	image.set(blob, blockSize);
	return image;
}

/** Reads and writes one slot; power may fail within any method. */
export class Slot {
	readonly flash: Flash;
	readonly capacity: number;
	#map: ArrayBuffer | undefined;

	constructor(flash: Flash) {
		this.flash = flash;
		this.capacity = slotCapacity(flash);
	}

	/** The header, or undefined when there is no valid one. */
	header(): SlotHeader | undefined {
		return this.#record(HEADER);
	}

	/** The header of the model being loaded, or that was when power failed. */
	loadRecord(): SlotHeader | undefined {
		return this.#record(LOAD);
	}

	/** @param flag one of Flag */
	flag(flag: number): boolean {
		return this.#word(flag) === 0;
	}

	setFlag(flag: number): void {
		this.#clear(flag, 4);
		if (!this.flag(flag)) throw new Error("flash write failed");
	}

	/** How the attempts ended that failed. A power cut ends an attempt without a trace: it is made again. */
	failures(): Ending[] {
		const endings: Ending[] = [];
		for (let at = ATTEMPT; at < ATTEMPT + 16 * ATTEMPTS; at += 16)
			for (let i = 0; i < ENDINGS.length; i++)
				if (this.flag(at + 4 + 4 * i)) {
					endings.push(ENDINGS[i]!);
					break;
				}
		return endings;
	}

	/** Whether the trial of the model has ended badly. */
	givenUp(): boolean {
		return this.flag(Flag.PROVEN) && !this.flag(Flag.CONFIRMED) && this.failures().length === ATTEMPTS;
	}

	/** Whether an attempt was begun that has not failed. */
	attempting(): boolean {
		return this.flag(this.#attempt());
	}

	beginAttempt(): void {
		this.setFlag(this.#attempt());
	}

	endAttempt(ending: Ending): void {
		this.setFlag(this.#attempt() + 4 + 4 * ENDINGS.indexOf(ending));
	}

	/** Where the flags of the current attempt are. */
	#attempt(): number {
		return ATTEMPT + 16 * Math.min(this.failures().length, ATTEMPTS - 1);
	}

	/** The blob, in place: 4-byte aligned, valid until the slot is written. */
	blob(header: SlotHeader): Uint8Array {
		this.#map ??= this.flash.map();
		return new Uint8Array(this.#map, this.flash.blockSize, header.length);
	}

	/** Empties the slot and records what will be written to it. */
	begin(header: SlotHeader): void {
		// Clear first, so that an interrupted erase can't revive an old header with fewer of its flags. The load record
		// before the header: a valid load must find the header's place erased when it seals it.
		this.#clear(LOAD, RECORD_LENGTH);
		this.#clear(HEADER, RECORD_LENGTH);
		this.flash.erase(0);
		this.#write(LOAD, recordBytes(header));
	}

	/** Bytes of the blob certain to be in flash, by the progress words: full sectors, or all. */
	progress(length: number): number {
		const { blockSize } = this.flash;
		let done = 0;
		while (done < length && this.#word(PROGRESS + (4 * done) / blockSize) === 0) done += blockSize;
		return Math.min(done, length);
	}

	/**
	 * Writes bytes[start..end) of a blob of `length` bytes at its offset `offset`; everything before it must be written already.
	 * Erases each sector when its first byte is written.
	 */
	writeBlob(offset: number, bytes: Uint8Array, start: number, end: number, length: number): void {
		const { blockSize } = this.flash;
		while (start < end) {
			const sector = Math.floor(offset / blockSize);
			const count = Math.min(end - start, (sector + 1) * blockSize - offset);
			if (offset % blockSize === 0) this.flash.erase(1 + sector);
			this.#write(blockSize + offset, bytes.slice(start, start + count));
			start += count;
			offset += count;
			if (offset % blockSize === 0 || offset === length) this.#clear(PROGRESS + 4 * sector, 4);
		}
	}

	/** CRC-32 of the blob as read from flash, signed. */
	blobCrc(length: number): number {
		const PIECE = 256;
		let crc = 0;
		for (let at = 0; at < length; at += PIECE) {
			const count = Math.min(PIECE, length - at);
			crc = crc32(new Uint8Array(this.flash.read(this.flash.blockSize + at, count)), 0, count, crc);
		}
		return crc;
	}

	/** The highest model version that was kept here; 0: none. */
	keptVersion(): number {
		let highest = 0;
		for (let at = this.#firstEntry(); at + ENTRY <= this.flash.blockSize; at += ENTRY) {
			const version = this.#word(at);
			const complement = this.#word(at + 4);
			if (version === ERASED && complement === ERASED) break;
			if ((version ^ complement) === -1 && version > highest) highest = version;
		}
		return highest;
	}

	/**
	 * Keeps a model version in a new entry; a slot that was never loaded into is erased when it has no place for one.
	 * @returns whether there was a place
	 */
	keepVersion(version: number): boolean {
		let at = this.#freeEntry();
		if (at === undefined && this.header() === undefined && this.loadRecord() === undefined) {
			this.flash.erase(0);
			at = this.#freeEntry();
		}
		if (at === undefined) return false;
		const entry = new DataView(new ArrayBuffer(ENTRY));
		entry.setUint32(0, version, true);
		entry.setUint32(4, ~version, true);
		this.flash.write(at, ENTRY, entry.buffer);
		if (this.keptVersion() < version) throw new Error("flash write failed");
		return true;
	}

	#firstEntry(): number {
		const progress = PROGRESS + (4 * this.capacity) / this.flash.blockSize;
		return progress + (progress % ENTRY);
	}

	/** The place after all entries. */
	#freeEntry(): number | undefined {
		for (let at = this.#firstEntry(); at + ENTRY <= this.flash.blockSize; at += ENTRY)
			if (this.#word(at) === ERASED && this.#word(at + 4) === ERASED) return at;
		return undefined;
	}

	/** Writes the header, always last. */
	seal(header: SlotHeader): void {
		this.#write(HEADER, recordBytes(header));
		const read = this.header();
		if (read === undefined || read.sequence !== header.sequence || !sameModel(read, header))
			throw new Error("flash write failed");
	}

	#record(offset: number): SlotHeader | undefined {
		const bytes = new Uint8Array(this.flash.read(offset, RECORD_LENGTH));
		const view = new DataView(bytes.buffer);
		if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== FORMAT) return undefined;
		if (view.getInt32(52, true) !== crc32(bytes, 0, 52)) return undefined;
		const length = view.getUint32(12, true);
		if (length === 0 || length > this.capacity) return undefined;
		return {
			sequence: view.getUint32(8, true),
			length,
			crc: view.getInt32(16, true),
			identity: bytes.slice(20, 52),
		};
	}

	#word(offset: number): number {
		return new DataView(this.flash.read(offset, 4)).getUint32(0, true);
	}

	#clear(offset: number, count: number): void {
		this.flash.write(offset, count, new ArrayBuffer(count));
	}

	#write(offset: number, bytes: Uint8Array): void {
		this.flash.write(offset, bytes.length, bytes.buffer as ArrayBuffer);
	}
}

/** Whether two headers describe the same model, regardless of slot and sequence number. */
export function sameModel(one: SlotHeader, other: SlotHeader): boolean {
	if (one.length !== other.length || one.crc !== other.crc) return false;
	for (let i = 0; i < IDENTITY_LENGTH; i++) if (one.identity[i] !== other.identity[i]) return false;
	return true;
}
