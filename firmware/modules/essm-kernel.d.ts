// essm/kernel: an open model, run by the native kernel. Buffers may be ArrayBuffers, one-byte typed arrays, DataViews or
// host buffers; what stands in them is little-endian. Every method throws after close().

declare module "essm/kernel" {
	type Bytes = ArrayBufferLike | Uint8Array | Int8Array | DataView;

	export default class Kernel {
		/**
		 * Opens a blob in place: it is read where it stands for as long as the model lives, never copied. So it has to be
		 * a buffer that neither moves nor can be written (mapped flash or a view on it), 4-byte aligned. The bytes are checked
		 * once: that flash must not be erased or written while the model is open. The simulators' flash refuses to; on a
		 * chip the caller sees to it, as the model store does by never touching the slot that runs. The arena is one native
		 * allocation of exactly `arenaSize(blob)` bytes.
		 * @throws TypeError when the blob could move or be written; Error with the kernel's name of what is wrong ("ESSM_E_CRC")
		 */
		constructor(blob: Bytes);

		/** Bytes of arena that the blob asks for; checks the blob as the constructor does. */
		static arenaSize(blob: Bytes): number;

		/**
		 * Feeds samples: int16 values, `channels` of them a sample, sample after sample.
		 * @param byteOffset where the first sample begins (default 0); an even place saves a copy
		 * @param count samples (default: all that follow, which must be whole samples)
		 * @throws RangeError when the samples lie outside the buffer or are no whole ones
		 */
		write(samples: Bytes, byteOffset?: number, count?: number): void;

		/** Writes the head's outputs over the stream so far, `outputCount` int32 values, to the start of `buffer` (4-byte aligned). */
		outputs(buffer: Bytes): void;

		/** Back to before the first sample. */
		reset(): void;

		/** Writes `stateSize` bytes to the start of `buffer`. */
		saveState(buffer: Bytes): void;

		/** Takes the first `stateSize` bytes of `buffer` as state; throws when they are not this model's or are damaged. */
		restoreState(buffer: Bytes): void;

		/** Frees the arena. Calling it again does nothing. */
		close(): void;

		readonly channels: number;
		/** Numbers in a result. */
		readonly outputCount: number;
		/** H */
		readonly heads: number;
		readonly blocks: number;
		readonly arenaBytes: number;
		readonly stateSize: number;
	}
}
