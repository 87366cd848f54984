// Packing of codes of 0 to 16 bits, of 0 bits all 0: code i of a row takes bits i * bits .. (i + 1) * bits - 1 of the row's bytes, lowest bit of
// the lowest byte first; a row is padded to whole bytes with 0 bits.

/** Bytes of a row of `count` codes. */
export function packedBytes(count: number, bits: number): number {
	return (count * bits + 7) >> 3;
}

/** Appends one row; codes are taken modulo 2^bits, so two's complement and unsigned alike. */
export function packRow(codes: ArrayLike<number>, bits: number, out: Uint8Array, at: number): void {
	let bit = at * 8;
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i]! & ((1 << bits) - 1);
		for (let done = 0; done < bits; ) {
			const free = 8 - (bit & 7);
			out[bit >> 3]! |= ((code >> done) << (bit & 7)) & 0xff;
			const step = Math.min(free, bits - done);
			done += step;
			bit += step;
		}
	}
}

/** Reads `count` codes of one row; sign-extended when `signed`. */
export function unpackRow(
	bytes: Uint8Array,
	at: number,
	count: number,
	bits: number,
	signed: boolean,
	out: { [index: number]: number },
	to: number,
): void {
	let bit = at * 8;
	for (let i = 0; i < count; i++, bit += bits) {
		const byte = bit >> 3;
		const word = bytes[byte]! | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
		const code = (word >> (bit & 7)) & ((1 << bits) - 1);
		out[to + i] = signed ? (code << (32 - bits)) >> (32 - bits) : code;
	}
}
