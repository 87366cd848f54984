// embedded:io/serial: what the project uses of ECMA-419's Serial class; the same on every target. Ports are small: 128 bytes
// wait in each direction, as in an ESP32's UART. So write no more than the last onWritable said, and read in onReadable.

declare module "embedded:io/serial" {
	type Bytes = ArrayBufferLike | Uint8Array | Int8Array | DataView;

	interface SerialOptions {
		/** Bits a second; of no meaning on the desktop. */
		baud?: number;
		/** UART and pins, on devices. */
		port?: string | number;
		receive?: number;
		transmit?: number;
		format?: "buffer";
		/** Called with the count of bytes that wait to be read. */
		onReadable?: (this: Serial, count: number) => void;
		/** Called with the count of bytes that can be written: once after opening, and after each time output was sent. */
		onWritable?: (this: Serial, count: number) => void;
		/** Kept as a property of that name. */
		target?: unknown;
	}

	export default class Serial {
		constructor(options: SerialOptions);
		/** Up to `count` bytes (default: all that wait); undefined when none waits. */
		read(count?: number): ArrayBuffer | undefined;
		/** Fills the buffer from its start with what waits and tells how many bytes; undefined when none waits. */
		read(buffer: Bytes): number | undefined;
		/** Takes all of the buffer, or throws "output full" and takes nothing. */
		write(buffer: Bytes): void;
		/** Calling it again does nothing. */
		close(): void;
		readonly format: "buffer";
	}
}
