// CRC-32 as in IEEE 802.3, zip and PNG (reflected polynomial 0xEDB88320, initial value and final XOR all ones), four bits at
// a time with a table of 16, as in the kernel. Detects damage, not tampering.

const TABLE = new Int32Array(16);
for (let i = 0; i < 16; i++) {
	let c = i;
	for (let k = 0; k < 4; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
	TABLE[i] = c;
}

/**
 * CRC-32 of bytes[start..end). Start with `crc` 0; pass the result back in to continue with the next piece.
 * @returns the CRC as a signed 32-bit integer (`>>> 0` gives it unsigned)
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
	let c = ~crc;
	for (let i = start; i < end; i++) {
		c ^= bytes[i]!;
		c = (c >>> 4) ^ TABLE[c & 15]!;
		c = (c >>> 4) ^ TABLE[c & 15]!;
	}
	return ~c;
}
