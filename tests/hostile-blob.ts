// Blobs that mean harm, for tests: made from good ones by changes whose CRC-32 is repaired, so that they get past it.
import { createHash } from "node:crypto";
import { KernelError, NativeKernel } from "../host-tools/kernel/kernel";
import { crc32 } from "../src/bytes/crc32";
import { BlobError } from "../src/model/blob-error";
import { HEADER, HEADER_BYTES, LAYER_HEADER_BYTES, layerLayout, SECTIONS } from "../src/model/blob-layout";
import { readBlob, readBlobHeader } from "../src/model/read-blob";
import { writeBlob } from "../src/model/write-blob";
import { Reference } from "../src/reference/reference";
import { random, randomNetwork, randomSamples } from "./random-network";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** A random network's blob with two golden vectors. */
export function randomBlob(seed: number): Uint8Array {
	const network = randomNetwork(seed);
	const reference = new Reference(network);
	for (const steps of [3, 6]) {
		const samples = randomSamples(seed + steps, steps, network.channels);
		reference.reset();
		reference.write(samples);
		network.golden.push({ samples, logits: reference.logits() });
	}
	return writeBlob(network, sha256);
}

/** Sets the CRC-32 to what it should be for the length that the header states; as it stands when that is impossible. */
export function repairCrc(blob: Uint8Array): Uint8Array {
	if (blob.length < HEADER_BYTES) return blob;
	const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
	const length = view.getUint32(HEADER.length, true);
	if (length >= HEADER_BYTES && length <= blob.length)
		view.setUint32(HEADER.crc, crc32(blob, HEADER.crcStart, length) >>> 0, true);
	return blob;
}

/** A copy of `blob` with changes and a repaired CRC-32. */
export function changed(blob: Uint8Array, change: (copy: Uint8Array, view: DataView) => void): Uint8Array {
	const copy = new Uint8Array(blob);
	change(copy, new DataView(copy.buffer));
	return repairCrc(copy);
}

/** What the TypeScript reader and, when it accepts, the reference say: an error's name, or logits and state. */
export function readerVerdict(blob: Uint8Array, samples: Int16Array): string {
	let reference: Reference;
	try {
		reference = new Reference(readBlob(blob));
	} catch (error) {
		if (error instanceof BlobError) return `ESSM_E_${error.code}`;
		throw error;
	}
	reference.write(whole(samples, reference.network.channels));
	return `${reference.logits()} ${reference.stateBytes()}`;
}

/** The same of the C kernel. */
export function kernelVerdict(blob: Uint8Array, samples: Int16Array): string {
	let kernel: NativeKernel;
	try {
		kernel = new NativeKernel(blob);
	} catch (error) {
		if (error instanceof KernelError) return error.message;
		throw error;
	}
	kernel.write(whole(samples, kernel.channels));
	return `${kernel.logits()} ${kernel.saveState().slice(8, -4)}`;
}

function whole(samples: Int16Array, channels: number): Int16Array {
	return samples.subarray(0, samples.length - (samples.length % channels));
}

/** Bytes on either side of every limit that a byte of a blob has. */
const BYTES = [...Array.from({ length: 34 }, (_, i) => i), 64, 127, 128, 254, 255];

/** Every header field, section length, layer header byte, head record and label and golden count set to extremes. */
export function* extremes(blob: Uint8Array): Generator<Uint8Array> {
	const { sections, length } = readBlobHeader(blob);
	const values = (now: number) => [
		...[0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 25, 26, 31, 32, 64, 127, 128, 255, 256, 257, 1024, 1025],
		...[0x7fff, 0x8000, 0xffff, 0xfffffc, 0xfffffd, 0x1000000, 0x1000001, 0x7fffffff, 0x80000000],
		...[0xfffffff0, 0xfffffffc, 0xfffffffd, 0xffffffff],
		...[now - 1, now + 1, now - 4, now + 4, now + 3, length, length - 1, now * 2],
	];
	const words = new Set<number>([4, 8, 48, 52, 76, 80, sections.golden.start]);
	SECTIONS.forEach((_, i) => {
		words.add(HEADER.sections + 4 * i);
	});
	for (let at = sections.input.start; at < sections.encoder.start; at += 4) words.add(at);
	for (const at of words)
		for (const value of values(new DataView(blob.buffer, blob.byteOffset).getUint32(at, true)))
			yield changed(blob, (_, view) => view.setUint32(at, value >>> 0, true));
	// Exponents of all ones and both zeros for the floats of the input scaling.
	for (const bits of [0x7f800000, 0xff800000, 0x7fc00000, 0x80000000, 0x00000001, 0x80000001, 0xbf800000])
		for (let at = sections.input.start; at < sections.encoder.start; at += 4)
			yield changed(blob, (_, view) => view.setUint32(at, bits, true));
	for (let at = HEADER.L; at < HEADER.steps; at++)
		for (const value of BYTES) yield changed(blob, (copy) => copy.fill(value, at, at + 1));
	for (const at of [HEADER.format, HEADER.arithmetic, HEADER.H, HEADER.N])
		for (const value of values(1)) yield changed(blob, (_, view) => view.setUint16(at, value & 0xffff, true));
	for (const at of [HEADER.channels, HEADER.classes])
		for (const value of values(1)) yield changed(blob, (_, view) => view.setUint16(at, value & 0xffff, true));
	const layer = sections.layers.start;
	for (let at = layer; at < Math.min(layer + LAYER_HEADER_BYTES + 24, sections.decoder.start); at++)
		for (const value of BYTES) yield changed(blob, (copy) => copy.fill(value, at, at + 1));
	for (let at = sections.labels.start; at < sections.notes.start; at++)
		for (const value of [0, 255]) yield changed(blob, (copy) => copy.fill(value, at, at + 1));
}

/** Codes, scales and biases of encoder, layers and decoder as noise that no packer would prove, but the format allows. */
export function* noises(blob: Uint8Array, count: number): Generator<Uint8Array> {
	const { sections } = readBlobHeader(blob);
	const { H, N, layers } = readBlob(blob);
	const checked = new Set<number>(); // bytes that reader and kernel look at before they accept
	let start = sections.layers.start;
	for (const layer of layers) {
		const at = layerLayout(layer, H, N);
		for (let i = 0; i < LAYER_HEADER_BYTES - 4; i++) checked.add(start + i);
		start += at.length;
	}
	for (let seed = 0; seed < count; seed++) {
		const next = random(seed);
		yield changed(blob, (copy) => {
			for (let at = sections.encoder.start; at < sections.labels.start; at++)
				if (!checked.has(at) && next() < 0.5) copy[at] = Math.floor(next() * 256);
		});
	}
}
