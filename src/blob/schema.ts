// The file around the components: header, sections and their content, described once (docs/BLOB.md and the kernel's
// essm_layout.h are generated from this and from the kinds' layouts).
import { MAX_SMOOTHING } from "../network/detector";
import { frozen } from "../network/frozen";
import { type Layout, RESERVED } from "../network/layout";
import { LIMITS } from "../network/limits";
import { MAX_STREAM_SMOOTHING } from "../network/stream";

export const MAGIC = 0x4d535345; // "ESSM", little-endian
export const FORMAT_VERSION = 3;
/**
 * Arithmetic versions that this reader supports: `edge-ssm.int.v2` to `v3`. A blob has the lowest one that defines its kinds.
 */
export const ARITHMETIC_VERSIONS = Object.freeze({ low: 2, high: 3 });

/** The CRC-32 covers everything from here to the end. */
export const CRC_START = 16;
/** The identity, a SHA-256, covers everything from here to the signature's section or the end. */
export const IDENTITY_START = 48;

export const HEADER: Layout = frozen({
	name: "blob",
	about: "the file",
	sizes: [],
	fields: [
		{ path: "magic", type: "u32", about: "`ESSM`" },
		{ path: "format", type: "u16", about: "format version: 3" },
		{
			path: "arithmetic",
			type: "u16",
			about: "arithmetic version: 2 or 3, the lowest that defines the kinds",
		},
		{ path: "length", type: "u32", about: "bytes of the blob: a multiple of 4, 64 to 2^24" },
		{ path: "crc", type: "u32", about: "CRC-32 of bytes 16 to the end" },
		{
			path: "identity",
			type: "bytes32",
			about: "SHA-256 of bytes 48 to the signature's section, or to the end",
		},
		{ path: "version", type: "u32", about: "version of the model, for rollback protection; 0: none stated" },
		{ path: "ditherSeed", type: "u32", about: "seed of the dither" },
		{ path: "steps", type: "u32", about: "steps per sequence that the model was made for; 0: any" },
		{ path: "H", type: "u16", allowed: { low: 1, high: LIMITS.H }, error: "SHAPE", about: "heads H" },
		{ path: "blocks", type: "u8", allowed: { low: 1, high: LIMITS.blocks }, error: "SHAPE", about: "blocks" },
		{ path: "residualBits", type: "u8", allowed: { low: 8, high: 16 }, about: "bits of the residual stream" },
	],
	parts: [],
});

export const SECTION: Layout = frozen({
	name: "section",
	about: "heading of a section",
	sizes: [],
	fields: [
		{ path: "type", type: "u16", about: "type" },
		{
			path: "required",
			type: "u16",
			about: "0: a reader that does not know the type skips the section; otherwise it refuses the blob",
		},
		{ path: "length", type: "u32", about: "bytes of the content, without padding" },
	],
	parts: [],
});

export type SectionName =
	| "input"
	| "encoder"
	| "block"
	| "head"
	| "outputs"
	| "labels"
	| "stream"
	| "detector"
	| "golden"
	| "notes"
	| "signature";

/** The sections in order; types ascend, only `block` may repeat. */
export const SECTIONS: Readonly<Record<SectionName, { type: number; required: boolean; about: string }>> =
	frozen({
		input: { type: 16, required: true, about: "channels and rate" },
		encoder: { type: 32, required: true, about: "the encoder" },
		block: { type: 48, required: true, about: "a block; one section each, in the network's order" },
		head: { type: 64, required: true, about: "the head" },
		outputs: {
			type: 72,
			required: true,
			about: "scaling of outputs, for heads of values",
		},
		labels: { type: 80, required: true, about: "names of the head's outputs" },
		stream: {
			type: 84,
			required: false,
			about: "conversion of a stream's results to reports: window, hop, thresholds",
		},
		detector: {
			type: 88,
			required: false,
			about: "detection of abnormal data by forecasts: score, threshold",
		},
		golden: { type: 96, required: false, about: "golden vectors" },
		notes: { type: 112, required: false, about: "provenance of the model, as text" },
		signature: { type: 65535, required: false, about: "Ed25519 signature of bytes 16 to 64, 64 bytes" },
	});

export const SIGNATURE_BYTES = 64;

export const INPUT: Layout = frozen({
	name: "input",
	about: "channels and rate",
	sizes: [],
	fields: [
		{
			path: "channels",
			type: "u16",
			allowed: { low: 1, high: LIMITS.channels },
			error: "SHAPE",
			about: "channels",
		},
		RESERVED,
		RESERVED,
		{
			path: "rate",
			type: "f32",
			about: "samples per second that the model was made for: finite, not negative; 0: unknown",
		},
	],
	parts: [],
});

export const STREAM: Layout = frozen({
	name: "stream",
	about: "conversion of a stream's results to reports",
	sizes: [],
	fields: [
		{ path: "window", type: "u32", about: "steps after which the network restarts; 0: as many as allowed" },
		{ path: "hop", type: "u32", about: "steps between results; 0: the window" },
		{
			path: "smoothing",
			type: "u8",
			allowed: { low: 0, high: MAX_STREAM_SMOOTHING },
			about: "a new result moves the smoothed outputs by 2^-this of the difference",
		},
		{
			path: "hold",
			type: "u8",
			about: "consecutive results of one label that make one report; 0: every result",
		},
		RESERVED,
		RESERVED,
	],
	parts: [],
});

export const DETECTOR: Layout = frozen({
	name: "detector",
	about: "detection of abnormal data by forecasts",
	sizes: [],
	fields: [
		{
			path: "smoothing",
			type: "u8",
			allowed: { low: 0, high: MAX_SMOOTHING },
			about: "a new error moves the score by 2^-this of the difference",
		},
		RESERVED,
		{
			path: "settling",
			type: "u16",
			about: "initial steps whose forecasts are ignored",
		},
		{ path: "threshold", type: "u32", about: "score at which an alarm begins" },
		{ path: "release", type: "u32", about: "score below which it ends; 1 to the threshold" },
	],
	parts: [],
});
