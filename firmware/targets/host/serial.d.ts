// embedded:io/serial: the part of ECMA-419's Serial class in use; the same on every target. Queues are small: 128 bytes in
// each direction, as in an ESP32's UART. So write no more than the last onWritable said, and read in onReadable.

declare module "embedded:io/serial" {
	type Bytes = ArrayBufferLike | Uint8Array | Int8Array | DataView;

	interface SerialOptions {
		/** Bits per second; ignored on the desktop. */
		baud?: number;
		/** UART and pins, on devices. */
		port?: string | number;
		receive?: number;
		transmit?: number;
		format?: "buffer";
		/** Called with the number of bytes ready to be read. */
		onReadable?: (this: Serial, count: number) => void;
		/** Called with the number of bytes that can be written: once after opening, and whenever output was sent. */
		onWritable?: (this: Serial, count: number) => void;
		/** Kept as a property of that name. */
		target?: unknown;
	}

	export default class Serial {
		constructor(options: SerialOptions);
		/** Returns up to `count` bytes (default: all that are ready); undefined when none is. */
		read(count?: number): ArrayBuffer | undefined;
		/** Fills the buffer from its start and returns the number of bytes read; undefined when none is ready. */
		read(buffer: Bytes): number | undefined;
		/** Queues all of the buffer, or throws "output full" and queues nothing. */
		write(buffer: Bytes): void;
		/** Idempotent. */
		close(): void;
		readonly format: "buffer";
	}
}
