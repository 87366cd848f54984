// edge-ssm/identity: what tells whether bytes are those that a blob's identity names, and whether who signed it is trusted.

declare module "edge-ssm/identity" {
	/** SHA-256 of bytes[start..end), 32 bytes. @throws RangeError when they lie outside */
	export function sha256(bytes: Uint8Array | ArrayBufferLike, start: number, end: number): ArrayBuffer;

	/**
	 * Whether firmware that was built with a public key trusts a blob's header: 48 bytes of it, from the identity on, at offset
	 * `signed`, with an Ed25519 signature of 64 bytes at offset `signature`, 0: none. Firmware without a key trusts all.
	 */
	export function trusts(bytes: Uint8Array | ArrayBufferLike, signature: number, signed: number): boolean;

	/** The 32 bytes of the public key that this firmware was built with, if it was. */
	export function publicKey(): Uint8Array | undefined;
}
