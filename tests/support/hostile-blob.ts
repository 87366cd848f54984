// Blobs that mean harm, for tests: made from good ones by changes whose CRC-32 is repaired, so that they get past it.
import { createHash } from "node:crypto";
import { type Kernel, KernelError } from "../../host-tools/kernel/kernel";
import { NativeKernel } from "../../host-tools/kernel/native";
import { BlobError } from "../../src/blob/blob-error";
import { componentBytes, fieldOffset } from "../../src/blob/codec";
import { BLOCK, ENCODER } from "../../src/blob/components";
import { readContainer } from "../../src/blob/container";
import { HEAD } from "../../src/blob/head";
import { readBlob } from "../../src/blob/read";
import { CRC_START, HEADER, INPUT, SECTION } from "../../src/blob/schema";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { align4, getPath, headerBytes, type Layout } from "../../src/network/layout";
import { encoderKind, headKind, type Network, normKind, stages } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { random, randomNetwork, randomSamples } from "./random-network";
import { randomS5Network } from "./random-s5";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

const HEADER_BYTES = headerBytes(HEADER);
/** Where a field of the file's header is. */
export const headerAt = (path: string) => fieldOffset(HEADER, path);

/** A random network's blob with two golden vectors. */
export function randomBlob(
	seed: number,
	heads?: number,
	draw: (seed: number, heads?: number) => Network = randomNetwork,
): Uint8Array {
	const network = draw(seed, heads);
	const reference = new Reference(network);
	for (const steps of [3, 6]) {
		const samples = randomSamples(seed + steps, steps, network.input.length);
		network.golden.push({ samples, outputs: runSequence(reference, network, samples) });
	}
	return writeBlob(network, sha256);
}

/** The same with S5 mixers. */
export const randomS5Blob = (seed: number, heads?: number) => randomBlob(seed, heads, randomS5Network);

/** Sets the CRC-32 to what it should be for the length that the header states; as it stands when that is impossible. */
export function repairCrc(blob: Uint8Array): Uint8Array {
	if (blob.length < HEADER_BYTES) return blob;
	const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
	const length = view.getUint32(headerAt("length"), true);
	if (length >= HEADER_BYTES && length <= blob.length)
		view.setUint32(headerAt("crc"), crc32(blob, CRC_START, length) >>> 0, true);
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
	reference.write(whole(samples, reference.network.input.length));
	return `${reference.outputs()} ${reference.stateBytes()}`;
}

/** The same of the C kernel, built for this machine. */
export function kernelVerdict(blob: Uint8Array, samples: Int16Array): string {
	return verdictOf(NativeKernel, blob, samples);
}

/** The same of a build of the C kernel. */
export function verdictOf(
	Engine: new (blob: Uint8Array) => Kernel | NativeKernel,
	blob: Uint8Array,
	samples: Int16Array,
): string {
	let kernel: Kernel | NativeKernel;
	try {
		kernel = new Engine(blob);
	} catch (error) {
		if (error instanceof KernelError) return error.message;
		throw error;
	}
	kernel.write(whole(samples, kernel.channels));
	return `${kernel.outputs()} ${kernel.saveState().slice(8, -4)}`;
}

function whole(samples: Int16Array, channels: number): Int16Array {
	return samples.subarray(0, samples.length - (samples.length % channels));
}

/** A section as its bytes: heading, content, padding. */
export function sectionBytes(type: number, content: Uint8Array, required = true): Uint8Array {
	const bytes = new Uint8Array(headerBytes(SECTION) + align4(content.length));
	const view = new DataView(bytes.buffer);
	view.setUint16(0, type, true);
	view.setUint16(2, required ? 1 : 0, true);
	view.setUint32(4, content.length, true);
	bytes.set(content, headerBytes(SECTION));
	return bytes;
}

/** The sections of a blob, headings included. */
export function sectionsIn(blob: Uint8Array): { type: number; bytes: Uint8Array }[] {
	const starts = headings(blob);
	const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
	return starts.map((start, i) => ({
		type: view.getUint16(start, true),
		bytes: blob.slice(start, starts[i + 1] ?? blob.length),
	}));
}

/** A blob of the header of `blob` and other sections, its length and CRC-32 made to match. */
export function assembled(blob: Uint8Array, sections: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(Buffer.concat([blob.subarray(0, HEADER_BYTES), ...sections]));
	new DataView(all.buffer).setUint32(headerAt("length"), all.length, true);
	return repairCrc(all);
}

/** Where sections begin, their headings included, in their order. */
export function headings(blob: Uint8Array): number[] {
	const { blocks, sections } = readContainer(blob);
	const there = [...blocks, ...Object.values(sections)].filter(({ start }) => start > 0);
	return there.map(({ start }) => start - headerBytes(SECTION)).sort((a, b) => a - b);
}

/** The headers of encoder, blocks and head and of each of their components: where they begin and how long they are. */
export function componentHeaders(blob: Uint8Array): { at: number; bytes: number }[] {
	const { blocks, sections } = readContainer(blob);
	const network = readBlob(blob);
	const sizes = { heads: network.H, channels: network.input.length, rows: network.H, columns: 0 };
	const found: { at: number; bytes: number }[] = [];
	const add = (layout: Layout, at: number) => found.push({ at, bytes: headerBytes(layout) });
	/** Adds a component, and the one within it; returns where the next begins. */
	const walk = (layout: Layout, part: object, at: number): number => {
		add(layout, at);
		if (layout.inner) {
			const { inner: _, ...outer } = layout;
			const inner = getPath(part, layout.inner.path) as { kind: string };
			const kind = layout.inner.kinds[inner.kind] as { layout: Layout };
			add(kind.layout, at + componentBytes(outer, part, sizes));
		}
		return at + componentBytes(layout, part, sizes);
	};
	add(ENCODER, sections.encoder.start);
	walk(encoderKind(network.encoder).layout, network.encoder, sections.encoder.start + headerBytes(ENCODER));
	network.blocks.forEach((block, l) => {
		add(BLOCK, blocks[l]!.start);
		let at = blocks[l]!.start + headerBytes(BLOCK);
		for (const { kind, part } of stages(block)) at = walk(kind.layout, part, at);
	});
	add(HEAD, sections.head.start);
	walk(headKind(network.head).layout, network.head, sections.head.start + headerBytes(HEAD));
	return found;
}

/** Bytes on either side of every limit that a byte of a blob has. */
const BYTES = [...Array.from({ length: 34 }, (_, i) => i), 64, 127, 128, 254, 255];

/** Every field of every header, and what stands in texts and golden vectors, set to extremes. */
export function* extremes(blob: Uint8Array): Generator<Uint8Array> {
	const { sections, length } = readContainer(blob);
	const values = (now: number) => [
		...[0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 25, 26, 31, 32, 64, 127, 128, 255, 256, 257, 1024, 1025],
		...[0x7fff, 0x8000, 0xffff, 0xfffffc, 0xfffffd, 0x1000000, 0x1000001, 0x7fffffff, 0x80000000],
		...[0xfffffff0, 0xfffffffc, 0xfffffffd, 0xffffffff],
		...[now - 1, now + 1, now - 4, now + 4, now + 3, length, length - 1, now * 2],
	];
	const { input } = readBlob(blob);
	const scales = sections.input.start + headerBytes(INPUT);
	const texts = scales + 8 * input.length;
	const words = new Set<number>([sections.golden.start]);
	for (let at = 0; at < HEADER_BYTES; at += 4)
		if (at < headerAt("identity") || at >= headerAt("version")) words.add(at);
	for (const at of headings(blob))
		for (let word = 0; word < headerBytes(SECTION); word += 4) words.add(at + word);
	for (let at = sections.input.start; at < texts; at += 4) words.add(at);
	for (const at of words)
		for (const value of values(new DataView(blob.buffer, blob.byteOffset).getUint32(at, true)))
			yield changed(blob, (_, view) => view.setUint32(at, value >>> 0, true));
	// Exponents of all ones and both zeros for the floats: rate, scales and offsets.
	for (const bits of [0x7f800000, 0xff800000, 0x7fc00000, 0x80000000, 0x00000001, 0x80000001, 0xbf800000])
		for (let at = sections.input.start; at < texts; at += 4)
			yield changed(blob, (_, view) => view.setUint32(at, bits, true));
	for (const at of [headerAt("format"), headerAt("arithmetic"), headerAt("H")])
		for (const value of values(1)) yield changed(blob, (_, view) => view.setUint16(at, value & 0xffff, true));
	for (const at of [headerAt("blocks"), headerAt("residualBits")])
		for (const value of BYTES) yield changed(blob, (copy) => copy.fill(value, at, at + 1));
	for (const { at, bytes } of componentHeaders(blob)) {
		for (let byte = at; byte < at + bytes; byte++)
			for (const value of BYTES) yield changed(blob, (copy) => copy.fill(value, byte, byte + 1));
		for (let half = at; half < at + bytes; half += 2)
			for (const value of values(1))
				yield changed(blob, (_, view) => view.setUint16(half, value & 0xffff, true));
	}
	const ends = ({ start, length: bytes }: { start: number; length: number }) =>
		[start, start + bytes] as const;
	for (const [from, to] of [
		[texts, ends(sections.input)[1]],
		ends(sections.labels),
		ends(sections.notes),
	] as const)
		for (let at = from; at < to; at++)
			for (const value of [0, 0x80, 0xc3, 0xff]) yield changed(blob, (copy) => copy.fill(value, at, at + 1));
}

/** Codes, scales and biases of encoder, blocks and head as noise that no packer would prove, but the format allows. */
export function* noises(blob: Uint8Array, count: number): Generator<Uint8Array> {
	const { blocks, sections } = readContainer(blob);
	const network = readBlob(blob);
	const checked = new Set<number>(); // bytes that reader and kernel look at before they accept
	for (const { at, bytes } of componentHeaders(blob)) for (let i = 0; i < bytes; i++) checked.add(at + i);
	// the shifts of the norms' zeros, three bits each, may not be 7: they stand after the norm's header
	blocks.forEach(({ start }, l) => {
		const { norm } = network.blocks[l]!;
		for (let i = 0; norm.kind === "affine" && i < Math.ceil((3 * network.H) / 8); i++)
			checked.add(start + headerBytes(BLOCK) + headerBytes(normKind(norm).layout) + i);
	});
	for (let seed = 0; seed < count; seed++) {
		const next = random(seed);
		yield changed(blob, (copy) => {
			for (const { start, length } of [sections.encoder, ...blocks, sections.head])
				for (let at = start; at < start + length; at++)
					if (!checked.has(at) && next() < 0.5) copy[at] = Math.floor(next() * 256);
		});
	}
}
