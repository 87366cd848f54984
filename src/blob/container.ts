// A blob's header and sections, with every length checked before use: blobs arrive over cables and from half-written flash.
// Reads everything around the weights; a device reads no more than this after the kernel has checked the rest. The rules have
// numbers in docs/BLOB.md; the kernel (essm_open.c) checks them in the same order.
import { crc32 } from "../bytes/crc32";
import { isUtf8, readUtf8 } from "../bytes/utf8";
import { frozen } from "../network/frozen";
import type { OutputScaling } from "../network/kind";
import { align4, headerBytes } from "../network/layout";
import { LIMITS } from "../network/limits";
import type { GoldenVector, InputChannel } from "../network/network";
import { BlobError } from "./blob-error";
import { fieldOffset, readHeader } from "./codec";
import {
	ARITHMETIC_VERSIONS,
	CRC_START,
	FORMAT_VERSION,
	HEADER,
	IDENTITY_START,
	INPUT,
	MAGIC,
	SECTION,
	SECTIONS,
	type SectionName,
	SIGNATURE_BYTES,
} from "./schema";

/** A byte range of a blob: a section's content. */
export interface Span {
	start: number;
	length: number;
}

/** Properties of a blob known without reading encoder, blocks and head. */
export interface Container {
	length: number;
	/** Version of the arithmetic. */
	arithmetic: number;
	crc: number;
	identity: Uint8Array;
	/** Start of the bytes that the identity covers, and their end. */
	hashed: { start: number; end: number };
	/** Version of the model; 0: none stated. */
	version: number;
	ditherSeed: number;
	steps: number;
	H: number;
	residualBits: number;
	blocks: Span[];
	/** The other sections; an absent optional one has length 0. */
	sections: Record<Exclude<SectionName, "block">, Span>;
	signature?: Uint8Array;
}

export const HEADER_BYTES = headerBytes(HEADER);
const headerAt = (path: string) => fieldOffset(HEADER, path);

/**
 * Reads and checks the header, the sections' bounds and the CRC-32. Like everything that runs on a device it is written for a
 * small stack: shallow calls, loops without iterators.
 * @param blob may be longer than the blob (a partition)
 * @param options.checked the kernel has accepted these bytes: their CRC-32 is not computed again
 * @throws BlobError
 */
export function readContainer(blob: Uint8Array, options: { checked?: boolean } = {}): Container {
	const container = {} as Container & { blocks: number | Span[] };
	container.length = checkStart(blob, options.checked === true);
	readHeader(HEADER, blob, 0, container.length, "the header", container); // B8
	const count = container.blocks as unknown as number;
	container.ditherSeed |= 0;
	container.identity = blob.subarray(headerAt("identity"), headerAt("identity") + 32);
	readSections(blob, container);
	if (container.blocks.length !== count)
		// B14
		throw new BlobError("LAYOUT", `the header states ${count} blocks, ${container.blocks.length} are there.`);
	return container;
}

/** Checks that the bytes are a blob of this format: magic, versions, length, CRC-32. @returns the length */
function checkStart(blob: Uint8Array, checked: boolean): number {
	if (blob.length < HEADER_BYTES)
		// B2
		throw new BlobError(
			"TRUNCATED",
			`${blob.length} bytes are fewer than a blob's header of ${HEADER_BYTES}.`,
		);
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	if (view.getUint32(headerAt("magic"), true) !== MAGIC)
		// B3
		throw new BlobError("MAGIC", 'the bytes do not begin with "ESSM".');
	const format = view.getUint16(headerAt("format"), true);
	const arithmetic = view.getUint16(headerAt("arithmetic"), true);
	const { low, high } = ARITHMETIC_VERSIONS;
	if (format !== FORMAT_VERSION || arithmetic < low || arithmetic > high)
		// B4
		throw new BlobError(
			"VERSION",
			`the blob has format ${format} and arithmetic ${arithmetic}, this reader ${FORMAT_VERSION} and ${low} to ${high}; ` +
				(format < FORMAT_VERSION
					? "pack its checkpoint again with `edge-ssm quantize`."
					: "update edge-ssm, and the firmware with it."),
		);
	const length = view.getUint32(headerAt("length"), true);
	if (length > blob.length || length < HEADER_BYTES)
		// B5
		throw new BlobError("TRUNCATED", `the blob states ${length} bytes and ${blob.length} are there.`);
	if (length > LIMITS.blobBytes || length & 3)
		// B6
		throw new BlobError("LAYOUT", `a length of ${length} bytes is not possible.`);
	// B7
	if (!checked && crc32(blob, CRC_START, length) >>> 0 !== view.getUint32(headerAt("crc"), true))
		throw new BlobError("CRC", "the CRC-32 does not match.");
	return length;
}

export const SECTION_BYTES = headerBytes(SECTION);
const TYPE = fieldOffset(SECTION, "type");
const REQUIRED = fieldOffset(SECTION, "required");
const LENGTH = fieldOffset(SECTION, "length");
const NAMES = frozen(Object.keys(SECTIONS) as SectionName[]);

/** Index in NAMES of a section's type; -1 when unknown. */
function indexOf(type: number): number {
	let i = NAMES.length - 1;
	while (i >= 0 && SECTIONS[NAMES[i] as SectionName].type !== type) i--;
	return i;
}

/** Walks the sections. */
function readSections(blob: Uint8Array, container: Container): void {
	const view = new DataView(blob.buffer, blob.byteOffset, container.length);
	const spans = {} as Record<SectionName, Span>;
	for (let i = 0; i < NAMES.length; i++) spans[NAMES[i] as SectionName] = { start: 0, length: 0 };
	container.sections = spans;
	container.blocks = [];
	container.hashed = { start: IDENTITY_START, end: view.byteLength };
	let last = 0;
	for (let at = HEADER_BYTES; at < view.byteLength; ) {
		const start = at + SECTION_BYTES;
		// B9
		if (start > view.byteLength) throw new BlobError("LAYOUT", "a section's heading is cut off.");
		const type = view.getUint16(at + TYPE, true);
		const length = view.getUint32(at + LENGTH, true);
		const name = NAMES[indexOf(type)];
		if (length > view.byteLength || start + align4(length) > view.byteLength)
			throw new BlobError("LAYOUT", `section ${name ?? type} of ${length} bytes lies outside the blob.`);
		if (type < last || (type === last && name !== "block"))
			// B10
			throw new BlobError("LAYOUT", `section ${name ?? type} is out of order or occurs twice.`);
		// B11
		if (name === undefined && view.getUint16(at + REQUIRED, true) !== 0)
			throw new BlobError(
				"SECTION",
				`section type ${type} is required and not known here; update edge-ssm, and the firmware with it.`,
			);
		if (name === "block") container.blocks.push({ start, length });
		else if (name !== undefined) spans[name] = { start, length };
		if (name === "signature") {
			if (length !== SIGNATURE_BYTES)
				// B12
				throw new BlobError("LAYOUT", `a signature of ${length} bytes is not one of ${SIGNATURE_BYTES}.`);
			container.signature = blob.subarray(start, start + length);
			container.hashed.end = at;
		}
		last = type;
		at = start + align4(length);
	}
	for (let i = 0; i < NAMES.length; i++) {
		const name = NAMES[i] as SectionName;
		if (SECTIONS[name].required && name !== "block" && name !== "outputs" && spans[name].start === 0)
			// B13
			throw new BlobError("LAYOUT", `section ${name} is missing.`);
	}
}

/** Zero-terminated UTF-8 texts that fill bytes [start, end). */
function readTexts(blob: Uint8Array, start: number, end: number, count: number, what: string): string[] {
	const texts: string[] = [];
	let from = start;
	for (let at = start; at < end; at++)
		if (blob[at] === 0) {
			texts.push(readUtf8(blob, from, at));
			from = at + 1;
		}
	if (from !== end || texts.length !== count)
		// B19
		throw new BlobError("LAYOUT", `${what} are not ${count} texts, each closed by a zero byte.`);
	// B20
	if (!isUtf8(blob, start, end)) throw new BlobError("TEXT", `${what} are not UTF-8.`);
	return texts;
}

/** `count` pairs of scale and offset within the blob, each of a `what`. */
function readScales(blob: Uint8Array, start: number, count: number, what: string): OutputScaling[] {
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	const scales: OutputScaling[] = [];
	for (let i = 0; i < count; i++) {
		const scale = view.getFloat32(start + 8 * i, true);
		const offset = view.getFloat32(start + 8 * i + 4, true);
		if (!(scale > 0 && scale < Infinity && Math.abs(offset) < Infinity))
			// B18
			throw new BlobError("PRECISION", `${what} ${i} has a scale of ${scale} and an offset of ${offset}.`);
		scales.push({ unit: "", scale, offset });
	}
	return scales;
}

/** Channels and rate. @throws BlobError */
export function readInput(
	blob: Uint8Array,
	{ sections }: Container,
): { rate: number; input: InputChannel[] } {
	const { start, length } = sections.input;
	const end = start + length;
	const header = {} as { channels: number; rate: number };
	const at = readHeader(INPUT, blob, start, end, "the input section", header); // B15
	const { channels, rate } = header;
	if (at + 8 * channels > end)
		// B16
		throw new BlobError("LAYOUT", "the input section has not 8 bytes per channel.");
	// B17
	if (!(rate >= 0 && rate < Infinity)) throw new BlobError("PRECISION", `the rate is ${rate}.`);
	const input = readScales(blob, at, channels, "channel").map((scaling) => ({ name: "", ...scaling }));
	const texts = readTexts(blob, at + 8 * channels, end, 2 * channels, "names and units of the channels");
	input.forEach((channel, c) => {
		channel.name = texts[2 * c] as string;
		channel.unit = texts[2 * c + 1] as string;
	});
	return { rate, input };
}

/** Scaling of the head's outputs; undefined: its kind has none. @throws BlobError */
export function readOutputs(
	blob: Uint8Array,
	{ sections }: Container,
	outputs: number,
	scaled: boolean,
): OutputScaling[] | undefined {
	const { start, length } = sections.outputs;
	if (scaled !== start > 0)
		// B30
		throw new BlobError("LAYOUT", `section outputs is ${scaled ? "missing" : "there, but not the head's"}.`);
	if (!scaled) return undefined;
	const texts = start + 8 * outputs;
	// B31
	if (8 * outputs > length) throw new BlobError("LAYOUT", "section outputs has not 8 bytes per output.");
	const scaling = readScales(blob, start, outputs, "output");
	readTexts(blob, texts, start + length, outputs, "units of the outputs").forEach((unit, k) => {
		scaling[k]!.unit = unit;
	});
	return scaling;
}

/** Names of the head's outputs. @throws BlobError */
export function readLabels(blob: Uint8Array, { sections }: Container, outputs: number): string[] {
	const { start, length } = sections.labels;
	return readTexts(blob, start, start + length, outputs, "the labels");
}

/** Position of a golden vector: offsets from the blob's start. */
export interface GoldenPlace {
	steps: number;
	samples: number;
	outputs: number;
	/** Number of outputs. */
	count: number;
}

/** What determines the positions of golden vectors. */
export interface GoldenShape {
	channels: number;
	outputs: number;
	/** Whether every step has outputs. */
	perStep: boolean;
	/** Longest sequence that the head's pooling allows. */
	limit: number;
}

/** Positions of the golden vectors. @throws BlobError */
export function goldenPlaces(
	blob: Uint8Array,
	{ sections }: Container,
	{ channels, outputs, perStep, limit }: GoldenShape,
): GoldenPlace[] {
	const { start, length } = sections.golden;
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	const places: GoldenPlace[] = [];
	for (let at = start; at < start + length; ) {
		const left = start + length - at;
		const steps = left < 4 ? 0 : view.getUint32(at, true);
		const sampleBytes = align4(2 * channels * Math.min(steps, left));
		const count = outputs * (perStep ? steps : 1);
		// B27
		if (steps === 0 || steps > left || 4 + sampleBytes + 4 * count > left)
			throw new BlobError("LAYOUT", "a golden vector is cut off or empty.");
		if (steps > limit)
			throw new BlobError("LAYOUT", `a golden vector has ${steps} steps, mean pooling takes ${limit}.`);
		places.push({ steps, samples: at + 4, outputs: at + 4 + sampleBytes, count });
		at += 4 + sampleBytes + 4 * count;
	}
	return places;
}

/** The golden vectors and their count. */
export function readGolden(blob: Uint8Array, places: GoldenPlace[], channels: number): GoldenVector[] {
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	return places.map((place) => ({
		samples: Int16Array.from({ length: place.steps * channels }, (_, i) =>
			view.getInt16(place.samples + 2 * i, true),
		),
		outputs: Int32Array.from({ length: place.count }, (_, i) => view.getInt32(place.outputs + 4 * i, true)),
	}));
}
