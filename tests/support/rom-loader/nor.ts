// A whole flash chip with the rules of NOR: erasing sets the bits of a sector, writing clears bits. An attempt to set a bit
// by writing is an error, so that a missing erase shows.
export const SECTOR = 4096;

export class NorChip {
	readonly bytes: Uint8Array;
	/** Sectors erased and ranges written, in order, for tests of what was touched. */
	readonly touched: { what: "erase" | "write"; offset: number; length: number }[] = [];

	constructor(length = 4 * 1024 * 1024) {
		this.bytes = new Uint8Array(length).fill(0xff);
	}

	erase(offset: number): void {
		if (offset % SECTOR !== 0 || offset < 0 || offset >= this.bytes.length) throw new Error("invalid sector");
		this.touched.push({ what: "erase", offset, length: SECTOR });
		this.bytes.fill(0xff, offset, offset + SECTOR);
	}

	write(offset: number, bytes: Uint8Array): void {
		if (offset < 0 || offset + bytes.length > this.bytes.length) throw new Error("write behind the end");
		this.touched.push({ what: "write", offset, length: bytes.length });
		bytes.forEach((byte, i) => {
			if ((this.bytes[offset + i]! & byte) !== byte) throw new Error("write to flash that is not erased");
			this.bytes[offset + i] = byte;
		});
	}
}
