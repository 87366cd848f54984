// flash: the part of the Moddable SDK's module in use; the same on every target. Sectors and offsets count from the start of
// the partition. A write can only clear bits; only erasing a sector sets them (to 0xFF).

declare module "flash" {
	export default class Flash {
		/** @param partition the label of a data partition, such as "model_a" */
		constructor(partition: string);
		/**
		 * Sets the `blockSize` bytes of a sector to 0xFF. In the simulators it throws, as `write` does, when an open kernel
		 * reads any of them; on a chip that is up to the caller.
		 */
		erase(sector: number): void;
		read(offset: number, byteLength: number): ArrayBuffer;
		/** Writes the first `byteLength` bytes of `buffer`. */
		write(
			offset: number,
			byteLength: number,
			buffer: ArrayBufferLike | Uint8Array | Int8Array | DataView,
		): void;
		/** The entire partition in place, read-only: takes no RAM and reflects later writes. */
		map(): ArrayBuffer;
		readonly byteLength: number;
		readonly blockSize: number;
	}
}
