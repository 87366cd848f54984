// Ed25519 keys in files, and signed blobs. The content of a private key's file appears in no message.
import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type KeyObject,
	sign,
	verify,
} from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fieldOffset, writeHeader } from "../../src/blob/codec";
import { readContainer } from "../../src/blob/container";
import { CRC_START, HEADER, SECTION, SECTIONS, SIGNATURE_BYTES } from "../../src/blob/schema";
import { crc32 } from "../../src/bytes/crc32";
import { headerBytes } from "../../src/network/layout";
import { UserError } from "../terminal/errors";

/** Writes a new private key to `path`, readable by its owner only, and the public key to `path`.pub. Overwrites no file. */
export function makeKey(path: string): void {
	for (const file of [path, `${path}.pub`])
		if (existsSync(file))
			throw new UserError(
				`${file} already exists; keys are never overwritten. Choose another name, or move it away.`,
			);
	const { privateKey, publicKey } = generateKeyPairSync("ed25519");
	try {
		writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
		writeFileSync(`${path}.pub`, publicKey.export({ type: "spki", format: "pem" }), { flag: "wx" });
	} catch (error) {
		throw new UserError(`${path} could not be written: ${(error as NodeJS.ErrnoException).code}.`);
	}
}

function readKey(path: string, what: string, read: (pem: Buffer) => KeyObject): KeyObject {
	let key: KeyObject | undefined;
	try {
		key = read(readFileSync(path));
	} catch {
		// The reason may quote the file.
	}
	if (key?.asymmetricKeyType !== "ed25519")
		throw new UserError(
			`${path} is not a readable ${what} key for Ed25519; make one with "edge-ssm keygen".`,
		);
	return key;
}

export const readPrivateKey = (path: string) => readKey(path, "private", (pem) => createPrivateKey(pem));

/** The 32 bytes of a public key, from its file or from that of the private key. */
export function readPublicKey(path: string): Uint8Array {
	const key = readKey(path, "public", (pem) => createPublicKey(pem));
	return Uint8Array.from(Buffer.from(key.export({ format: "jwk" }).x as string, "base64url"));
}

/** What a signature is of: a blob's header from the identity on, the version of the model included. */
export const signedBytes = (blob: Uint8Array) =>
	blob.subarray(fieldOffset(HEADER, "identity"), headerBytes(HEADER));

/** Whether a blob's signature is of its header, by this public key. */
export function isSignedBy(blob: Uint8Array, publicKey: Uint8Array): boolean {
	const { signature } = readContainer(blob);
	const x = Buffer.from(publicKey).toString("base64url");
	const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
	return signature !== undefined && verify(null, signedBytes(blob), key, signature);
}

/**
 * A blob with a signature, replacing any existing one.
 * @param version of the model to state; default: the current one
 */
export function signBlob(blob: Uint8Array, privateKey: KeyObject, version?: number): Uint8Array {
	const { hashed } = readContainer(blob);
	const heading = headerBytes(SECTION);
	const out = new Uint8Array(hashed.end + heading + SIGNATURE_BYTES);
	out.set(blob.subarray(0, hashed.end));
	const view = new DataView(out.buffer);
	view.setUint32(fieldOffset(HEADER, "length"), out.length, true);
	if (version !== undefined) view.setUint32(fieldOffset(HEADER, "version"), version, true);
	const identity = createHash("sha256").update(out.subarray(hashed.start, hashed.end)).digest();
	out.set(identity, fieldOffset(HEADER, "identity"));
	const { type, required } = SECTIONS.signature;
	writeHeader(SECTION, out, hashed.end, { type, required: required ? 1 : 0, length: SIGNATURE_BYTES });
	out.set(sign(null, signedBytes(out), privateKey), hashed.end + heading);
	view.setUint32(fieldOffset(HEADER, "crc"), crc32(out, CRC_START) >>> 0, true);
	return out;
}
