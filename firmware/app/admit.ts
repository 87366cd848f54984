// What a blob in a slot must be before it may run: well-formed, no longer than it says, the bytes that its identity names, and
// signed where the firmware asks for that.
import { BlobError } from "../../src/blob/blob-error";
import { fieldOffset } from "../../src/blob/codec";
import { HEADER_BYTES, readContainer, SECTION_BYTES } from "../../src/blob/container";
import { CRC_START, HEADER, SECTION, SECTIONS } from "../../src/blob/schema";
import type { KernelClass } from "../../src/classifier/model";

/** SHA-256 of bytes[start..end), 32 bytes. */
export type Sha256 = (bytes: Uint8Array, start: number, end: number) => ArrayBufferLike;

/** Whether the firmware trusts the 48 bytes of a header at `signed` by the signature at `signature`, 0: none. */
export type Trusts = (bytes: Uint8Array, signature: number, signed: number) => boolean;

const VERSION = fieldOffset(HEADER, "version");
const TYPE = fieldOffset(SECTION, "type");

/** The model version that an admitted blob states. */
export function versionOf(blob: Uint8Array): number {
	return new DataView(blob.buffer, blob.byteOffset).getUint32(VERSION, true);
}

/**
 * A check of the bytes of a slot, which throws the reason for a refusal in a sentence. `blob` is exactly the bytes that the slot
 * claims, `identity` that of the slot's header. As all that a device runs it is written for a small stack.
 */
export function gate(
	kernel: KernelClass,
	sha256: Sha256,
	trusts: Trusts,
): (blob: Uint8Array, identity: Uint8Array) => void {
	return (blob, identity) => {
		const container = readContainer(blob, { checked: true }); // its errors are sentences, the kernel's are names
		kernel.arenaSize(blob); // checks everything, CRC-32 included
		if (container.length !== blob.length)
			throw new BlobError("LAYOUT", `${blob.length - container.length} bytes follow the blob's end.`);
		const { start, end } = container.hashed;
		const hash = new Uint8Array(sha256(blob, start, end));
		for (let i = 0; i < hash.length; i++)
			if (hash[i] !== identity[i] || hash[i] !== container.identity[i])
				throw new BlobError(
					"IDENTITY",
					"the identity is not the SHA-256 of the bytes; pack the model again.",
				);
		needTrust(trusts, blob, container.sections.signature.start);
	};
}

/** A check of a blob's signature by its header and its last section, which is all that is there before a slot is emptied. */
export function vouching(trusts: Trusts): (ends: Uint8Array) => void {
	return (ends) => {
		const type = new DataView(ends.buffer, ends.byteOffset + HEADER_BYTES).getUint16(TYPE, true);
		needTrust(trusts, ends, type === SECTIONS.signature.type ? HEADER_BYTES + SECTION_BYTES : 0);
	};
}

/** @param signature where it is in `bytes`, which begin with a blob's header; 0: there is none */
function needTrust(trusts: Trusts, bytes: Uint8Array, signature: number): void {
	if (!trusts(bytes, signature, CRC_START))
		throw new BlobError(
			"SIGNATURE",
			signature === 0
				? "the model is not signed, and this firmware runs signed ones only; `edge-ssm sign` it."
				: "the signature is not one of the key that this firmware trusts.",
		);
}
