// flash: what the project uses of the Moddable SDK's module of that name; the same on every target. Sectors and offsets
// count from the partition's begin. A write can only clear bits; only erasing a sector sets them (to 0xFF).

declare module "flash" {
	export default class Flash {
		/** @param partition the label of a data partition, such as "model_a" */
		constructor(partition: string);
		/**
		 * Sets the `blockSize` bytes of a sector to 0xFF. In the simulators it throws, as `write` does, when an open kernel
		 * reads any of them; on a chip the caller sees to that.
		 */
		erase(sector: number): void;
		read(offset: number, byteLength: number): ArrayBuffer;
		/** Writes the first `byteLength` bytes of `buffer`. */
		write(
			offset: number,
			byteLength: number,
			buffer: ArrayBufferLike | Uint8Array | Int8Array | DataView,
		): void;
		/** The whole partition where it stands, read-only: it takes no RAM and shows what is written later. */
		map(): ArrayBuffer;
		readonly byteLength: number;
		readonly blockSize: number;
	}
}
