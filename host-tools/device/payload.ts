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

/** Reads the texts from `start` to the end, each preceded by its length in one byte. */
export function readTexts(bytes: Uint8Array, start: number): string[] {
	const texts: string[] = [];
	for (let at = start; at < bytes.length; ) {
		const end = at + 1 + bytes[at]!;
		if (end > bytes.length) throw cutOff();
		texts.push(deviceText(bytes, at + 1, end));
		at = end;
	}
	return texts;
}

export function readInt32s(view: DataView, start: number): Int32Array {
	return Int32Array.from({ length: (view.byteLength - start) >> 2 }, (_, i) =>
		view.getInt32(start + 4 * i, true),
	);
}
