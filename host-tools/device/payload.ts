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

/** Reads scales, offsets and units from `start` to the end. */
export function readScaling(
	bytes: Uint8Array,
	view: DataView,
	start: number,
): { scale: number; offset: number; unit: string }[] {
	const all = [];
	for (let at = start; at < bytes.length; ) {
		const text = at + 9;
		const end = text + (bytes[at + 8] ?? 0);
		if (text > bytes.length || end > bytes.length) throw cutOff();
		const [scale, offset] = [view.getFloat32(at, true), view.getFloat32(at + 4, true)];
		all.push({ scale, offset, unit: deviceText(bytes, text, end) });
		at = end;
	}
	return all;
}
