// The bytes between esptool-js and a port. esptool-js 0.7 prints traces to stdout, and waits forever for a vanished port, a port
// that takes no more bytes, and a lock never released: all handled here and nowhere else.
import { Transport } from "esptool-js";
import { patient, pause, within } from "../time/limit";
import type { WebSerialPort } from "./serial-transport";

/** Milliseconds a port may take to accept a packet, beyond twice its time on the line; esptool's limit. */
const WRITE_TIMEOUT = 10_000;
/** An invalid SLIP escape: an error anywhere in a packet. */
const BROKEN = Uint8Array.of(0xdb, 0);

export class RomTransport extends Transport {
	#ended: Error | undefined;

	/** Why the transport is dead; undefined while it works. */
	get ended(): Error | undefined {
		return this.#ended;
	}

	/** Fails the current read and everything after it with `reason`. */
	end(reason: Error): void {
		this.#ended ??= reason;
		(this as unknown as { buffer: Uint8Array }).buffer = BROKEN;
	}

	override trace(): void {}

	override async read(timeout: number): Promise<Uint8Array> {
		if (this.#ended) throw this.#ended;
		return (await super.read(patient(timeout))) as Uint8Array;
	}

	/** A port without its own buffer (native USB, a pty) accepts nothing once the chip has stopped reading. */
	override async write(data: Uint8Array): Promise<void> {
		const { writable } = this.device as unknown as WebSerialPort;
		if (this.#ended) throw this.#ended;
		if (!writable) throw new Error("the port is closed");
		const packet = this.slipWriter(data);
		const limit = WRITE_TIMEOUT + (2 * 10_000 * packet.length) / this.baudrate;
		const writer = writable.getWriter();
		try {
			await within(limit, writer.write(packet), () => {
				const stuck = new Error("the chip takes no more bytes");
				this.end(stuck);
				throw stuck;
			});
		} finally {
			writer.releaseLock();
		}
	}

	/** Waits a while for the locks, then ignores them. */
	override async waitForUnlock(): Promise<void> {
		const { readable, writable } = this.device as unknown as WebSerialPort;
		for (let i = 0; i < 50 && (readable?.locked || writable?.locked); i++) await pause(10);
	}
}
