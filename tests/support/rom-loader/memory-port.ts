// A cable without a cable: a port of the Web Serial API in memory with an emulated chip at its other end. Bytes sent at
// another baud rate than the chip's are lost, as on a wire they would be garbage.
import type { WebSerialPort } from "../../../host-tools/flashing/serial-transport";
import type { Emulator } from "./emulator";

export class MemoryPort implements WebSerialPort {
	readable: ReadableStream<Uint8Array> | null = null;
	writable: WritableStream<Uint8Array> | null = null;
	onLost: (() => void) | undefined;
	/** Called with the bytes sent so far before more go out; may call `vanish`. */
	onWrite: (count: number) => void = () => {};
	/** Takes no more bytes, as native USB does whose chip has stopped reading: what is written waits for good. */
	deaf = false;
	/** What arrives at the chip of bytes that are sent at a speed; nothing for undefined. */
	wire: (bytes: Uint8Array, baudRate: number) => Uint8Array | undefined = (bytes) => bytes;
	lines = { dtr: false, rts: false };
	readonly #chip: Emulator;
	#baudRate = 0;
	#sent = 0;
	#gone = false;
	#controller: ReadableStreamDefaultController<Uint8Array> | undefined;

	constructor(chip: Emulator) {
		this.#chip = chip;
		chip.send = (bytes) => {
			const { baudRate } = chip;
			// not in the same turn: a chip takes its time to answer
			setImmediate(() => {
				if (baudRate === undefined || baudRate === this.#baudRate) this.#controller?.enqueue(bytes);
			});
		};
	}

	async open({ baudRate }: { baudRate: number }): Promise<void> {
		if (this.#gone) throw new Error("no such device");
		if (this.readable) throw new Error("the port is already open");
		this.#baudRate = baudRate;
		this.readable = new ReadableStream<Uint8Array>({
			start: (controller) => {
				this.#controller = controller;
			},
			cancel: () => {
				this.#controller = undefined;
			},
		});
		this.writable = new WritableStream<Uint8Array>({
			write: (bytes) => {
				this.onWrite((this.#sent += bytes.length));
				if (this.#gone) throw new Error("the device has been lost");
				if (this.deaf) return new Promise<void>(() => {});
				const arriving = this.wire(bytes, this.#baudRate);
				if (arriving !== undefined) {
					if (this.#chip.state === "rom") this.#chip.baudRate ??= this.#baudRate;
					if (this.#chip.baudRate === this.#baudRate) this.#chip.receive(arriving);
				}
				return undefined;
			},
		});
	}

	async close(): Promise<void> {
		if (!this.#gone && (this.readable?.locked || this.writable?.locked))
			throw new Error("the port is in use");
		this.#controller = undefined;
		this.readable = null;
		this.writable = null;
	}

	async setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void> {
		this.lines = {
			dtr: signals.dataTerminalReady ?? this.lines.dtr,
			rts: signals.requestToSend ?? this.lines.rts,
		};
		this.#chip.setLines(this.lines);
	}

	async setBaudRate(baudRate: number): Promise<void> {
		this.#baudRate = baudRate;
	}

	getInfo(): Record<string, never> {
		return {};
	}

	/** Pulls the cable. */
	vanish(): void {
		this.#gone = true;
		this.#controller?.close();
		this.#controller = undefined;
		this.onLost?.();
	}
}
