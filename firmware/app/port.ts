// Carries the link's bytes over an ECMA-419 Serial: passes input on and queues output, since a UART takes no more than its
// FIFO holds. All buffers are allocated once. Does not parse frames, but never sends part of one.

/** The part of ECMA-419's Serial in use; see firmware/targets. */
export interface SerialPort {
	read(buffer: Uint8Array): number | undefined;
	write(buffer: Uint8Array): void;
	close(): void;
}

export type SerialClass = new (options: {
	format: "buffer";
	onReadable: () => void;
	onWritable: (count: number) => void;
}) => SerialPort;

const READ_LENGTH = 128;

export class LinkPort {
	/** Frames dropped because the host reads too slowly. */
	dropped = 0;
	readonly #serial: SerialPort;
	readonly #queue: Uint8Array;
	readonly #input = new Uint8Array(READ_LENGTH);
	#first = 0;
	#count = 0;
	#writable = 0;

	/**
	 * @param Serial the port's class
	 * @param options of the port, such as baud, port and pins
	 * @param queueLength capacity of the send queue in bytes: at least two frames of maximum size
	 * @param onBytes takes bytes[0..length), valid until it returns
	 * @param onSent called when the send queue is empty
	 */
	constructor(
		Serial: SerialClass,
		options: object,
		queueLength: number,
		onBytes: (bytes: Uint8Array, length: number) => void,
		onSent?: () => void,
	) {
		this.#queue = new Uint8Array(queueLength);
		this.#serial = new Serial({
			...options,
			format: "buffer",
			onReadable: () => {
				for (let length = this.#read(); length !== undefined; length = this.#read())
					onBytes(this.#input, length);
			},
			onWritable: (count) => {
				this.#writable = count;
				this.#flush();
				if (this.#count === 0) onSent?.();
			},
		});
	}

	/** Sends bytes[0..length), one complete frame, now or when there is room; drops it when the queue is full. */
	send(bytes: Uint8Array, length: number): void {
		if (this.#count + length > this.#queue.length) {
			this.dropped++;
			return;
		}
		const start = (this.#first + this.#count) % this.#queue.length;
		const untilEnd = Math.min(length, this.#queue.length - start);
		this.#queue.set(bytes.subarray(0, untilEnd), start);
		this.#queue.set(bytes.subarray(untilEnd, length), 0);
		this.#count += length;
		this.#flush();
	}

	#read(): number | undefined {
		return this.#serial.read(this.#input);
	}

	#flush(): void {
		while (this.#count > 0 && this.#writable > 0) {
			const length = Math.min(this.#count, this.#writable, this.#queue.length - this.#first);
			this.#serial.write(this.#queue.subarray(this.#first, this.#first + length));
			this.#first = (this.#first + length) % this.#queue.length;
			this.#count -= length;
			this.#writable -= length;
		}
	}
}
