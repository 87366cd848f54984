// CRC-32 as in IEEE 802.3, zip and PNG (reflected polynomial 0xEDB88320, start and end all ones), four bits at a time by a
// table of sixteen, as the kernel does. Detects damage, not intent.

const TABLE = new Int32Array(16);
for (let i = 0; i < 16; i++) {
	let c = i;
	for (let k = 0; k < 4; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
	TABLE[i] = c;
}

/**
 * CRC-32 of bytes[start..end). Begin with `crc` 0; the value so far may be handed back in for the next piece.
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
