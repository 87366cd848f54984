// A device's two slots in NOR flash in memory, and blobs that a store can tell whole from broken.
import { crc32 } from "../../src/bytes/crc32";
import { ModelStore } from "../../src/store/store";
import { NorFlash, Power } from "./store-flash";

export const SECTOR = 256;

/**
 * A stand-in for a blob: bytes that end with their own CRC-32, so that `admit` can tell a whole one from a broken one, and begin
 * with the version of a model.
 */
export function blobOf(length: number, seed: number, version = seed): Uint8Array {
	const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 101 + ((i * seed) >> 3)) & 0xff);
	new DataView(bytes.buffer).setUint32(0, version, true);
	new DataView(bytes.buffer).setInt32(length - 4, crc32(bytes, 0, length - 4), true);
	return bytes;
}

function admit(blob: Uint8Array): void {
	const end = blob.length - 4;
	if (new DataView(blob.buffer, blob.byteOffset).getInt32(end, true) !== crc32(blob, 0, end))
		throw new Error("its CRC-32 is wrong");
}

/** A stand-in for a signed blob: what would be the signature of its first 64 bytes is their CRC-32, 72 bytes before the end. */
export function signedBlobOf(length: number, seed: number, version = seed): Uint8Array {
	const bytes = blobOf(length, seed, version);
	const view = new DataView(bytes.buffer);
	view.setInt32(length - 72, crc32(bytes, 0, 64), true);
	view.setInt32(length - 4, crc32(bytes, 0, length - 4), true);
	return bytes;
}

function vouch(ends: Uint8Array): void {
	if (ends.length !== 136) throw new Error(`${ends.length} bytes are not both ends`);
	if (new DataView(ends.buffer, ends.byteOffset).getInt32(64, true) !== crc32(ends, 0, 64))
		throw new Error("the signature is not one of the key");
}

export const identityOf = (seed: number) => new Uint8Array(32).fill(seed);

const versionOf = (blob: Uint8Array) => new DataView(blob.buffer, blob.byteOffset).getUint32(0, true);

/**
 * @param options.versions it takes no model of a version below the highest confirmed one
 * @param options.signed nor one without a signature
 */
export function device(
	options: { eraseDown?: boolean; byteLength?: number; versions?: boolean; signed?: boolean } = {},
) {
	const power = new Power();
	const make = () =>
		new NorFlash(power, options.byteLength ?? 8 * SECTOR, SECTOR, options.eraseDown ?? false);
	const slots = [make(), make()] as const;
	const checks = { ...(options.versions && { versionOf }), ...(options.signed && { versionOf, vouch }) };
	return { power, slots, boot: () => new ModelStore({ slots, admit, ...checks }) };
}

/** A load and commit as the link does them, from wherever the store says. Returns the model and where the load went on. */
export function load(
	store: ModelStore,
	blob: Uint8Array,
	seed: number,
	slot?: number,
	selfTest = () => true,
) {
	const { offset } = store.begin(blob.length, crc32(blob), identityOf(seed), slot);
	for (let at = offset; at < blob.length; ) at = store.write(at, blob.subarray(at, at + 100));
	return { offset, model: store.commit(identityOf(seed), selfTest) };
}

/** A load of a model that runs. Returns where it went on. */
export function update(...loaded: Parameters<typeof load>): number {
	const [store] = loaded;
	const { offset, model } = load(...loaded);
	if (model.onTrial) {
		store.beginAttempt(model);
		store.confirm(model);
	}
	return offset;
}

export const contents = (store: ModelStore) => {
	const active = store.active();
	return active && Array.from(active.blob);
};
