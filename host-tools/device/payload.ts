// Values as they are in the payload of a frame (docs/LINK.md).
import { cutOff, deviceText } from "./exchange";

export function writeSamples(
	view: DataView,
	at: number,
	samples: Int16Array,
	from: number,
	count: number,
): void {
	for (let i = 0; i < count; i++) view.setInt16(at + 2 * i, samples[from + i]!, true);
}

/** Reads fields one after the other, each preceded by its length in one byte. */
export class Fields {
	readonly #bytes: Uint8Array;
	#at: number;

	constructor(bytes: Uint8Array, start: number) {
		this.#bytes = bytes;
		this.#at = start;
	}

	get ended(): boolean {
		return this.#at === this.#bytes.length;
	}

	text(): string {
		const count = this.#field();
		return deviceText(this.#bytes, this.#at - count, this.#at);
	}

	/** Bytes; undefined: none. */
	bytes(): Uint8Array | undefined {
		const count = this.#field();
		return count === 0 ? undefined : this.#bytes.slice(this.#at - count, this.#at);
	}

	uint32(): number {
		this.#skip(4);
		return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at - 4).getUint32(0, true);
	}

	/** Skips a field and returns its length. */
	#field(): number {
		this.#skip(1);
		const count = this.#bytes[this.#at - 1]!;
		this.#skip(count);
		return count;
	}

	#skip(count: number): void {
		if (this.#at + count > this.#bytes.length) throw cutOff();
		this.#at += count;
	}
}

/** Reads the texts from `start` to the end. */
export function readTexts(bytes: Uint8Array, start: number): string[] {
	const fields = new Fields(bytes, start);
	const texts: string[] = [];
	while (!fields.ended) texts.push(fields.text());
	return texts;
}

export function readInt32s(view: DataView, start: number): Int32Array {
	return Int32Array.from({ length: (view.byteLength - start) >> 2 }, (_, i) =>
		view.getInt32(start + 4 * i, true),
	);
}
