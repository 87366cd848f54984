// SLIP as Espressif's serial protocol uses it: packets between two 0xC0, with 0xC0 and 0xDB inside them escaped.
const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

export function slipEncode(packet: Uint8Array): Uint8Array {
	const bytes = [END];
	for (const byte of packet) {
		if (byte === END) bytes.push(ESCAPE, ESCAPED_END);
		else if (byte === ESCAPE) bytes.push(ESCAPE, ESCAPED_ESCAPE);
		else bytes.push(byte);
	}
	bytes.push(END);
	return Uint8Array.from(bytes);
}

/** Takes bytes as they come and calls back with whole packets; bytes outside of packets and empty packets are passed over. */
export class SlipDecoder {
	#packet: number[] | undefined;
	#escaped = false;
	readonly #onPacket: (packet: Uint8Array) => void;

	constructor(onPacket: (packet: Uint8Array) => void) {
		this.#onPacket = onPacket;
	}

	push(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (byte === END) {
				if (this.#packet?.length) {
					const packet = Uint8Array.from(this.#packet);
					this.#packet = undefined;
					this.#onPacket(packet);
				} else this.#packet = [];
				this.#escaped = false;
			} else if (this.#packet === undefined) continue;
			else if (this.#escaped) {
				this.#escaped = false;
				if (byte === ESCAPED_END) this.#packet.push(END);
				else if (byte === ESCAPED_ESCAPE) this.#packet.push(ESCAPE);
				else this.#packet = undefined;
			} else if (byte === ESCAPE) this.#escaped = true;
			else this.#packet.push(byte);
		}
	}
}
