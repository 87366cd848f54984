// A flash partition with the rules of NOR, in memory: erase sets bits by sector, write clears bits, power may fail after
// any byte. Stricter than a chip: an attempt to set a bit by writing is an error, so a missing erase fails a test.
import type { Flash } from "../../src/store/slot";

/** Thrown by an operation that power cut short, and by all after it. */
export class PowerCut extends Error {}

/** The bytes that may still be written or erased until power fails; shared by the partitions of one device. */
export class Power {
	used = 0;
	limit = Infinity;

	spend(): void {
		if (this.used >= this.limit) throw new PowerCut("power failed");
		this.used++;
	}
}

export class NorFlash implements Flash {
	/** Told of each write; true: it is lost without a word, as in a worn cell. Throws: it fails having cleared every bit. */
	lose: (offset: number) => boolean = () => false;
	readonly bytes: Uint8Array;
	readonly erases: number[];

	constructor(
		readonly power: Power,
		readonly byteLength: number,
		readonly blockSize: number,
		readonly eraseDown = false,
	) {
		// What stands in a chip before its first erase is anything.
		this.bytes = new Uint8Array(byteLength).fill(0x5a);
		this.erases = new Array(byteLength / blockSize).fill(0);
	}

	erase(sector: number): void {
		if (!(sector >= 0 && sector < this.erases.length)) throw new Error("invalid sector");
		this.erases[sector]!++;
		for (let i = 0; i < this.blockSize; i++) {
			this.power.spend();
			this.bytes[sector * this.blockSize + (this.eraseDown ? this.blockSize - 1 - i : i)] = 0xff;
		}
	}

	read(offset: number, byteLength: number): ArrayBuffer {
		if (!(offset >= 0 && offset + byteLength <= this.byteLength)) throw new Error("invalid offset");
		return this.bytes.slice(offset, offset + byteLength).buffer as ArrayBuffer;
	}

	write(offset: number, byteLength: number, buffer: ArrayBuffer): void {
		if (
			!(
				offset >= 0 &&
				byteLength > 0 &&
				offset + byteLength <= this.byteLength &&
				byteLength <= buffer.byteLength
			)
		)
			throw new Error("invalid offset");
		try {
			if (this.lose(offset)) return;
		} catch (error) {
			this.bytes.fill(0, offset, offset + byteLength);
			throw error;
		}
		const bytes = new Uint8Array(buffer, 0, byteLength);
		bytes.forEach((byte, i) => {
			if ((this.bytes[offset + i]! & byte) !== byte) throw new Error("write to flash that is not erased");
			this.power.spend();
			this.bytes[offset + i]! &= byte;
		});
	}

	map(): ArrayBuffer {
		return this.bytes.buffer as ArrayBuffer;
	}
}
