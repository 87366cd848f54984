// Where the fields are that devices read of a blob, in bytes; made by `npm run generate` from the layouts. Do not edit.
import { frozen } from "../network/frozen";

export const HEADER_BYTES = 64;
export const HEADER_MAGIC = 0;
export const HEADER_FORMAT = 4;
export const HEADER_ARITHMETIC = 6;
export const HEADER_LENGTH = 8;
export const HEADER_CRC = 12;
export const HEADER_IDENTITY = 16;
export const HEADER_VERSION = 48;
export const HEADER_DITHER_SEED = 52;
export const HEADER_STEPS = 56;
export const HEADER_H = 60;
export const HEADER_BLOCKS = 62;
export const HEADER_RESIDUAL_BITS = 63;
export const SECTION_BYTES = 8;
export const SECTION_TYPE = 0;
export const SECTION_REQUIRED = 2;
export const SECTION_LENGTH = 4;
export const INPUT_BYTES = 8;
export const INPUT_CHANNELS = 0;
export const INPUT_RATE = 4;
export const STREAM_BYTES = 12;
export const STREAM_WINDOW = 0;
export const STREAM_HOP = 4;
export const STREAM_SMOOTHING = 8;
export const STREAM_HOLD = 9;
export const DETECTOR_BYTES = 12;
export const DETECTOR_SMOOTHING = 0;
export const DETECTOR_SETTLING = 2;
export const DETECTOR_THRESHOLD = 4;
export const DETECTOR_RELEASE = 8;

/** Types of sections. */
export const TYPE_INPUT = 16;
export const TYPE_ENCODER = 32;
export const TYPE_BLOCK = 48;
export const TYPE_HEAD = 64;
export const TYPE_OUTPUTS = 72;
export const TYPE_LABELS = 80;
export const TYPE_STREAM = 84;
export const TYPE_DETECTOR = 88;
export const TYPE_GOLDEN = 96;
export const TYPE_NOTES = 112;
export const TYPE_SIGNATURE = 65535;

/** Heads: offsets from the start of the section; 0: there is no such field. */
export const HEADS = /* @__PURE__ */ frozen([
	{ id: 1, scaled: false, outputs: 8, pooling: 11, moment: 0, ahead: 0 },
	{ id: 2, scaled: true, outputs: 8, pooling: 10, moment: 11, ahead: 12 },
]);
