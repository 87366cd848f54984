// UTF-8 to and from strings: XS and Node share no API for it. Short texts only (labels, log lines, error sentences).

/**
 * Writes `text` as UTF-8 at `offset`, stopping before a character that would exceed `end`. A lone surrogate becomes U+FFFD.
 * @returns the offset after the last byte written
 */
export function writeUtf8(view: DataView, offset: number, end: number, text: string): number {
	for (const character of text) {
		const point = character.codePointAt(0)!;
		const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
		const extra = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
		if (offset + extra >= end) break;
		view.setUint8(offset++, extra === 0 ? code : ((0xff << (7 - extra)) & 0xff) | (code >> (6 * extra)));
		for (let shift = 6 * (extra - 1); shift >= 0; shift -= 6)
			view.setUint8(offset++, 0x80 | ((code >> shift) & 0x3f));
	}
	return offset;
}

/** Reads bytes[start..end) as UTF-8. Each malformed byte becomes U+FFFD. */
export function readUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
	let text = "";
	for (let index = start; index < end; ) {
		const first = bytes[index++]!;
		const extra =
			first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : 3;
		let code = extra === 0 ? first : first & (0x3f >> extra);
		let used = 0;
		while (used < extra && index + used < end && (bytes[index + used]! & 0xc0) === 0x80)
			code = (code << 6) | (bytes[index + used++]! & 0x3f);
		const min = extra === 3 ? 0x10000 : extra === 2 ? 0x800 : 0;
		const bad =
			used < extra || (first >= 0x80 && first < 0xc2) || first > 0xf4 || code < min || code > 0x10ffff;
		if (bad || (code >= 0xd800 && code <= 0xdfff)) {
			text += "\ufffd";
			continue;
		}
		index += used;
		text += String.fromCodePoint(code);
	}
	return text;
}

/** Whether bytes[start..end) are well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
	for (let at = start; at < end; ) {
		const first = bytes[at++]!;
		if (first < 0x80) continue;
		const extra = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
		if (extra === 0 || at + extra > end) return false;
		const second = bytes[at]!;
		const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
		const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
		if (second < low || second > high) return false;
		for (let i = 1; i < extra; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false;
		at += extra;
	}
	return true;
}
