// Blobs that break the checks of docs/BLOB.md, each exactly one of them.

import { readContainer } from "../../src/blob/container";
import { readHeadHeader } from "../../src/blob/head";
import { SECTIONS, type SectionName } from "../../src/blob/schema";
import { writeBlob } from "../../src/blob/write";
import { Reference } from "../../src/reference/reference";
import {
	assembled,
	changed,
	componentHeaders,
	headerAt,
	randomBlob,
	randomS5Blob,
	sectionBytes,
	sectionsIn,
	sha256,
} from "./hostile-blob";
import { randomNetwork, randomSamples, withPooling } from "./random-network";
import { randomStream } from "./random-stream";
import { randomDetector } from "./random-values";

export const samples = randomSamples(9, 4, 6);

/** A network with all sections: Cartesian poles in one block and harmonic ones in another, biases of 16 bits in the encoder. */
function whole() {
	for (let seed = 1; ; seed++) {
		const network = withPooling(randomNetwork(seed), "mean");
		const poles = new Set(network.blocks.map(({ mixer }) => mixer.A.kind));
		if (poles.size < 2 || network.encoder.map.biasBits !== 16 || network.input.length < 2) continue;
		const reference = new Reference(network);
		reference.write(samples.subarray(0, 2 * network.input.length));
		network.golden.push({
			samples: samples.slice(0, 2 * network.input.length),
			outputs: reference.outputs(),
		});
		network.notes = "größer";
		return network;
	}
}

const network = whole();
export const good = writeBlob(network, sha256, () => new Uint8Array(64));
const { sections, blocks } = readContainer(good);
const headers = componentHeaders(good);
const channels = network.input.length;
export const { H } = network;

/** The header of `bytes` length that stands at or after `from`. */
const block = blocks[network.blocks.findIndex(({ mixer }) => mixer.A.kind === "harmonic")]!;
const inBlock = headers.filter(({ at }) => at >= block.start && at < block.start + block.length);
/** Headers of that block: its own, norm, mixer, harmonic poles, activation, channel mixer. */
export const [, norm, mixer, poles] = inBlock.map(({ at }) => at) as [number, number, number, number];
const [, encoder] = headers.map(({ at }) => at) as [number, number];
const head = headers.at(-1)!.at;

const set = (at: number, ...bytes: number[]) => changed(good, (copy) => copy.set(bytes, at));
export const set32 = (at: number, value: number) =>
	changed(good, (_, view) => view.setUint32(at, value, true));
export const setFloat = (at: number, value: number) =>
	changed(good, (_, view) => view.setFloat32(at, value, true));

/** The blob with a section's content replaced. */
function replaced(name: SectionName, content: (now: Uint8Array) => Uint8Array): Uint8Array {
	const { type } = SECTIONS[name];
	return assembled(
		good,
		sectionsIn(good).map((section) => {
			if (section.type !== type) return section.bytes;
			const length = new DataView(section.bytes.buffer).getUint32(4, true);
			return sectionBytes(type, content(section.bytes.subarray(8, 8 + length)));
		}),
	);
}

export const without = (name: SectionName) =>
	assembled(
		good,
		sectionsIn(good)
			.filter(({ type }) => type !== SECTIONS[name].type)
			.map(({ bytes }) => bytes),
	);

/** The blob with one more section, before the first of a higher type. */
export function added(type: number, required: boolean, content = new Uint8Array(5)): Uint8Array {
	const all = sectionsIn(good);
	const at = all.findIndex((section) => section.type > type);
	const bytes = all.map((section) => section.bytes);
	return assembled(good, [...bytes.slice(0, at), sectionBytes(type, content, required), ...bytes.slice(at)]);
}

export const golden = (steps: number) => {
	const bytes = new Uint8Array(4 + ((2 * steps * channels + 3) & ~3) + 4 * network.head.outputs);
	new DataView(bytes.buffer).setUint32(0, steps, true);
	return replaced("golden", () => bytes);
};

/** The golden vectors, the last four bytes of which are missing, end the blob. */
function cutOffAtTheEnd(): Uint8Array {
	const { type } = SECTIONS.golden;
	const sections = sectionsIn(good).filter((section) => section.type <= type);
	const golden = sections.pop()!.bytes.slice(0, -4);
	new DataView(golden.buffer).setUint32(4, golden.length - 8, true);
	return assembled(good, [...sections.map(({ bytes }) => bytes), golden]);
}

const text = (bytes: number[]) => Uint8Array.from([...bytes, 0]);
/** A blob whose first label has these bytes. */
export const labels = (...first: number[]) =>
	replaced("labels", () =>
		Buffer.concat([text(first), ...network.labels.slice(1).map((label) => Buffer.from(`${label}\0`))]),
	);
export const scales = sections.input.start + 8;

/** Blobs that break one rule of docs/BLOB.md each, with the name of the error. */
export const RULE_BREAKERS: [rule: string, what: string, error: string, blob: () => Uint8Array][] = [
	["B2", "63 bytes", "TRUNCATED", () => good.slice(0, 63)],
	["B3", "another magic", "MAGIC", () => set(0, 0x45, 0x53, 0x53, 0x4e)],
	["B4", "format 2", "VERSION", () => set(headerAt("format"), 2)],
	["B4", "arithmetic 1", "VERSION", () => set(headerAt("arithmetic"), 1)],
	["B4", "arithmetic 4", "VERSION", () => set(headerAt("arithmetic"), 4)],
	["B5", "a length of 60", "TRUNCATED", () => set32(headerAt("length"), 60)],
	["B5", "a byte missing", "TRUNCATED", () => good.slice(0, -1)],
	["B6", "a length that is no multiple of 4", "LAYOUT", () => set32(headerAt("length"), good.length - 2)],
	[
		"B6",
		"16 MiB and 4 bytes",
		"LAYOUT",
		() => {
			const big = new Uint8Array((1 << 24) + 4);
			big.set(good);
			new DataView(big.buffer).setUint32(headerAt("length"), big.length, true);
			return big;
		},
	],
	[
		"B7",
		"a wrong CRC-32",
		"CRC",
		() => {
			const copy = good.slice();
			copy[headerAt("crc")]! ^= 1;
			return copy;
		},
	],
	["B8", "no block", "SHAPE", () => set(headerAt("blocks"), 0)],
	["B8", "33 blocks", "SHAPE", () => set(headerAt("blocks"), 33)],
	["B8", "a residual of 7 bits", "PRECISION", () => set(headerAt("residualBits"), 7)],
	["B8", "a residual of 17 bits", "PRECISION", () => set(headerAt("residualBits"), 17)],
	["B8", "no head", "SHAPE", () => set(headerAt("H"), 0, 0)],
	["B8", "1,025 heads", "SHAPE", () => set(headerAt("H"), 1, 4)],
	[
		"B9",
		"half a heading at the end",
		"LAYOUT",
		() => assembled(good, [good.subarray(64), new Uint8Array(4)]),
	],
	["B9", "a section that passes the end", "LAYOUT", () => set32(sections.notes.start - 4, good.length)],
	["B9", "a section longer than any blob", "LAYOUT", () => set32(sections.notes.start - 4, 0xfffffffd)],
	["B9", "a section of 2^24 bytes", "LAYOUT", () => set32(sections.input.start - 4, 1 << 24)],
	[
		"B10",
		"input twice",
		"LAYOUT",
		() =>
			assembled(
				good,
				sectionsIn(good).flatMap(({ bytes, type }) => (type === 16 ? [bytes, bytes] : [bytes])),
			),
	],
	[
		"B10",
		"sections in reverse",
		"LAYOUT",
		() =>
			assembled(
				good,
				sectionsIn(good)
					.map(({ bytes }) => bytes)
					.reverse(),
			),
	],
	["B10", "a type of 0", "LAYOUT", () => added(0, false)],
	["B11", "an unknown required section", "SECTION", () => added(81, true)],
	["B12", "a signature of 60 bytes", "LAYOUT", () => replaced("signature", (now) => now.subarray(4))],
	["B12", "a signature of 68 bytes", "LAYOUT", () => replaced("signature", () => new Uint8Array(68))],
	["B13", "no input", "LAYOUT", () => without("input")],
	["B13", "no encoder", "LAYOUT", () => without("encoder")],
	["B13", "no head", "LAYOUT", () => without("head")],
	["B13", "no labels", "LAYOUT", () => without("labels")],
	["B14", "a block less than stated", "LAYOUT", () => set(headerAt("blocks"), network.blocks.length + 1)],
	["B14", "a block more than stated", "LAYOUT", () => set(headerAt("blocks"), network.blocks.length - 1)],
	["B15", "an input section of 4 bytes", "LAYOUT", () => replaced("input", (now) => now.subarray(0, 4))],
	["B15", "a reserved byte of the input", "PRECISION", () => set(sections.input.start + 2, 1)],
	["B15", "no channel", "SHAPE", () => set(sections.input.start, 0, 0)],
	["B15", "257 channels", "SHAPE", () => set(sections.input.start, 1, 1)],
	[
		"B16",
		"no room for scales",
		"LAYOUT",
		() => replaced("input", (now) => now.subarray(0, 8 + 8 * channels - 1)),
	],
	...[Infinity, -Infinity, NaN, -1, -1e-45].map(
		(rate) =>
			[
				"B17",
				`a rate of ${rate}`,
				"PRECISION",
				() => setFloat(scales - 4, rate),
			] as (typeof RULE_BREAKERS)[number],
	),
	...[0, -0, -1, Infinity, NaN].map(
		(scale) =>
			[
				"B18",
				`a scale of ${scale}`,
				"PRECISION",
				() => setFloat(scales, scale),
			] as (typeof RULE_BREAKERS)[number],
	),
	...[Infinity, NaN].map(
		(offset) =>
			[
				"B18",
				`an offset of ${offset}`,
				"PRECISION",
				() => setFloat(scales + 4, offset),
			] as (typeof RULE_BREAKERS)[number],
	),
	[
		"B19",
		"a name of a channel missing",
		"LAYOUT",
		() => replaced("input", (now) => now.subarray(0, now.length - 1)),
	],
	[
		"B19",
		"a name of a channel too many",
		"LAYOUT",
		() => replaced("input", (now) => Buffer.concat([now, text([97])])),
	],
	["B19", "no label", "LAYOUT", () => replaced("labels", () => new Uint8Array(0))],
	["B19", "a label too many", "LAYOUT", () => labels(97, 0, 98)],
	[
		"B19",
		"labels without their last zero",
		"LAYOUT",
		() => replaced("labels", (now) => Uint8Array.from([...now.subarray(0, -1), 97])),
	],
	[
		"B19",
		"as many zero bytes as labels, but text after the last",
		"LAYOUT",
		() => replaced("labels", (now) => Uint8Array.of(0, ...now.subarray(0, -1))),
	],
	["B20", "a letter in two bytes that one holds", "TEXT", () => labels(0xc1, 0xbf)],
	["B20", "a name of a channel that is not UTF-8", "TEXT", () => set(scales + 8 * channels, 0xff)],
	["B20", "a label with a lone byte", "TEXT", () => labels(0x80)],
	["B20", "a label cut off", "TEXT", () => labels(0xc3)],
	["B20", "an overlong form", "TEXT", () => labels(0xe0, 0x9f, 0xbf)],
	["B20", "a surrogate", "TEXT", () => labels(0xed, 0xa0, 0x80)],
	["B20", "beyond Unicode", "TEXT", () => labels(0xf4, 0x90, 0x80, 0x80)],
	["B21", "an encoder of 3 bytes", "LAYOUT", () => replaced("encoder", (now) => now.subarray(0, 3))],
	[
		"B21",
		"an encoder without its component's header",
		"LAYOUT",
		() => replaced("encoder", (now) => now.subarray(0, 7)),
	],
	["B22", "an unknown encoder", "KIND", () => set(sections.encoder.start, 3)],
	["B22", "an unknown mixer", "KIND", () => set(block.start + 1, 31)],
	["B22", "an unknown coding of poles", "KIND", () => set(mixer + 2, 31)],
	["B22", "an unknown head", "KIND", () => set(sections.head.start, 0)],
	["B22", "an unknown norm after the channel mixer", "KIND", () => set(block.start + 5, 3)],
	["B22", "a reserved byte of a block", "PRECISION", () => set(block.start + 6, 1)],
	["B22", "weights of 5 bits", "PRECISION", () => set(encoder, 5)],
	["B22", "no mode", "SHAPE", () => set(mixer, 0, 0)],
	["B22", "257 modes", "SHAPE", () => set(mixer, 1, 1)],
	["B22", "one output", "SHAPE", () => set(head + 4, 1, 0)],
	["B22", "1,025 outputs", "SHAPE", () => set(head + 4, 1, 4)],
	["B23", "biases of 16 bits, shifted", "PRECISION", () => set(encoder + 3, 1)],
	["B23", "radius and phase of 17 bits", "PRECISION", () => set(poles, 8, 9)],
	[
		"B24",
		"an encoder without its last byte",
		"LAYOUT",
		() => replaced("encoder", (now) => now.subarray(0, now.length - 4)),
	],
	["B25", "a zero shifted by 7", "PRECISION", () => changed(good, (copy) => (copy[norm + 4]! |= 7))],
	[
		"B26",
		"four bytes after the encoder",
		"LAYOUT",
		() => replaced("encoder", (now) => Buffer.concat([now, new Uint8Array(4)])),
	],
	[
		"B26",
		"four bytes after the head",
		"LAYOUT",
		() => replaced("head", (now) => Buffer.concat([now, new Uint8Array(4)])),
	],
	["B27", "a golden vector of no steps", "LAYOUT", () => golden(0)],
	[
		"B27",
		"a golden vector cut off",
		"LAYOUT",
		() => replaced("golden", (now) => now.subarray(0, now.length - 1)),
	],
	["B27", "a golden vector whose last output is after the blob's end", "LAYOUT", cutOffAtTheEnd],
	["B27", "65,537 steps with mean pooling", "LAYOUT", () => golden(65_537)],
	["B27", "three bytes of a golden vector", "LAYOUT", () => replaced("golden", () => new Uint8Array(3))],
	["B28", "notes that are not UTF-8", "TEXT", () => set(sections.notes.start, 0xff)],
	["B29", "arithmetic 3 where all kinds are of 2", "VERSION", () => set(headerAt("arithmetic"), 3)],
	[
		"B29",
		"arithmetic 2 with a mixer of 3",
		"VERSION",
		() => changed(randomS5Blob(135), (copy) => copy.set([2], headerAt("arithmetic"))),
	],
	[
		"B30",
		"a head of values without outputs",
		"LAYOUT",
		() => changedDetector("outputs", -8, (view, at) => view.setUint32(at, 73, true)),
	],
	[
		"B31",
		"units alone of outputs",
		"LAYOUT",
		() => changedDetector("outputs", -4, (view, at) => view.setUint32(at, 7, true)),
	],
	[
		"B32",
		"a detector of a byte less",
		"LAYOUT",
		() =>
			changedDetector("detector", -4, (view, at) => view.setUint32(at, view.getUint32(at, true) - 1, true)),
	],
	[
		"B33",
		"a smoothing of 13",
		"PRECISION",
		() => changedDetector("detector", 0, (view, at) => view.setUint8(at, 13)),
	],
	[
		"B33",
		"a reserved byte of a detector",
		"PRECISION",
		() => changedDetector("detector", 1, (view, at) => view.setUint8(at, 1)),
	],
	[
		"B33",
		"a release of 0",
		"PRECISION",
		() => changedDetector("detector", 8, (view, at) => view.setUint32(at, 0, true)),
	],
	[
		"B33",
		"a release above the threshold",
		"PRECISION",
		() => changedDetector("detector", 8, (view, at) => view.setUint32(at, 0xffffffff, true)),
	],
	[
		"B34",
		"a detector of a head that forecasts nothing",
		"SHAPE",
		() => changedDetector("head", 4 + 8, (view, at) => view.setUint32(at, 0, true)),
	],
	["B35", "a stream of a byte less", "LAYOUT", () => changedStream(-4, (now) => now - 1)],
	["B36", "a smoothing of 9", "PRECISION", () => changedStream(8, () => 9)],
	[
		"B36",
		"the first reserved byte of a stream",
		"PRECISION",
		() => changedStream(8, (now) => now | (1 << 16)),
	],
	[
		"B36",
		"the second reserved byte of a stream",
		"PRECISION",
		() => changedStream(8, (now) => now | (1 << 24)),
	],
	["B36", "a hop longer than the window", "PRECISION", () => changedStream(4, () => 101)],
	["B36", "a window of 65,537 steps with mean pooling", "PRECISION", () => changedStream(0, () => 65_537)],
	["B36", "neither window nor hop", "PRECISION", () => changedStream(0, () => 0, 0)],
	["B36", "a hop of 65,537 steps without a window", "PRECISION", () => changedStream(4, () => 65_537, 0)],
	["B36", "a window of 2^31 steps", "PRECISION", () => changedStream(0, () => 0x80000000, 100, "last")],
	["B37", "a stream of a head that gives values", "SHAPE", streamOfValues],
];

/** A blob with a stream of 100 steps, a number of whose settings is changed. */
function changedStream(
	offset: number,
	change: (now: number) => number,
	window = 100,
	pooling: "mean" | "last" = "mean",
): Uint8Array {
	const blob = randomBlob(5, undefined, (seed) => {
		const drawn = withPooling(randomStream(seed), pooling);
		const { thresholds } = randomStream(seed).stream;
		return { ...drawn, stream: { window, hop: window ? 0 : 5, smoothing: 1, hold: 2, thresholds } };
	});
	const start = readContainer(blob).sections.stream.start;
	return changed(blob, (_, view) => {
		// Without a window the hop must go for both to be 0.
		if (window === 0 && offset === 0) view.setUint32(start + 4, 0, true);
		view.setUint32(start + offset, change(view.getUint32(start + offset, true)), true);
	});
}

/** A blob of values in which the detector's section is made that of a stream. */
function streamOfValues(): Uint8Array {
	const blob = randomBlob(5, undefined, randomDetector);
	const { outputs } = readHeadHeader(blob, readContainer(blob));
	const content = new Uint8Array(12 + 4 * outputs);
	content[0] = 1;
	const all = sectionsIn(blob).map(({ type, bytes }) =>
		type === SECTIONS.detector.type ? sectionBytes(SECTIONS.stream.type, content, false) : bytes,
	);
	return assembled(blob, all);
}

/** A detector's blob, changed at a place of a section. */
function changedDetector(
	section: "head" | "outputs" | "labels" | "detector",
	offset: number,
	change: (view: DataView, at: number) => void,
): Uint8Array {
	const blob = randomBlob(5, undefined, randomDetector);
	const at = readContainer(blob).sections[section].start + offset;
	return changed(blob, (_, view) => change(view, at));
}
