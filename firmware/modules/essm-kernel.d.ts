// edge-ssm/kernel: an open model, run by the native kernel. Buffers may be ArrayBuffers, one-byte typed arrays, DataViews or
// host buffers; their content is little-endian. Every method throws after close().

declare module "edge-ssm/kernel" {
	type Bytes = ArrayBufferLike | Uint8Array | Int8Array | DataView;

	export default class Kernel {
		/**
		 * Opens a blob in place: it is read, never copied, for the model's lifetime. So it must be a buffer that neither moves
		 * nor can be written (mapped flash or a view on it), 4-byte aligned. The bytes are checked once: that flash must not be
		 * erased or written while the model is open. The simulators' flash enforces this; on a chip it is up to the caller, and
		 * the model store never touches the running slot. The arena is one native allocation of exactly `arenaSize(blob, most)`
		 * bytes.
		 * @param most bytes that the arena may have: one that keeps what is unpacked is taken where it fits, else the smallest
		 * @throws TypeError when the blob could move or be written; Error with the kernel's error name ("ESSM_E_CRC")
		 */
		constructor(blob: Bytes, most?: number);

		/** Arena bytes that the constructor takes for the blob, which is checked likewise. */
		static arenaSize(blob: Bytes, most?: number): number;

		/**
		 * Feeds samples: int16 values, `channels` per sample.
		 * @param byteOffset offset of the first sample (default 0); an even address saves a copy
		 * @param count samples (default: all that follow, which must be a whole number)
		 * @throws RangeError when the samples lie outside the buffer or are incomplete
		 */
		write(samples: Bytes, byteOffset?: number, count?: number): void;

		/** Writes the head's outputs for the stream so far, `outputCount` int32 values, to the start of `buffer` (4-byte aligned). */
		outputs(buffer: Bytes): void;

		/** Resets to before the first sample. */
		reset(): void;

		/** Writes `stateSize` bytes to the start of `buffer`. */
		saveState(buffer: Bytes): void;

		/** Restores the first `stateSize` bytes of `buffer`; throws when they are damaged or of another model. */
		restoreState(buffer: Bytes): void;

		/** Frees the arena. Calling it again does nothing. */
		close(): void;

		readonly channels: number;
		/** Number of outputs. */
		readonly outputCount: number;
		/** H */
		readonly heads: number;
		readonly blocks: number;
		readonly arenaBytes: number;
		readonly stateSize: number;
	}
}
