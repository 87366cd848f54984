// edge-ssm/identity: what tells whether bytes are those that a blob's identity names.

declare module "edge-ssm/identity" {
	/** SHA-256 of bytes[start..end), 32 bytes. @throws RangeError when they lie outside */
	export function sha256(bytes: Uint8Array | ArrayBufferLike, start: number, end: number): ArrayBuffer;
}
