// The section of a detector.
import type { Detector } from "../network/detector";
import { headerBytes } from "../network/layout";
import { BlobError } from "./blob-error";
import { readHeader } from "./codec";
import type { Container } from "./container";
import { DETECTOR } from "./schema";

/** Properties of a head that matter to a detector. */
export interface Forecasting {
	channels: number;
	outputs: number;
	perStep: boolean;
	/** Steps; undefined: not a forecast. */
	ahead?: number;
}

/** The detector, from a container already checked; undefined: there is none. @throws BlobError */
export function readDetector(
	blob: Uint8Array,
	{ sections }: Container,
	{ channels, outputs, perStep, ahead = 0 }: Forecasting,
): Detector | undefined {
	const { start, length } = sections.detector;
	if (start === 0) return undefined;
	if (length !== headerBytes(DETECTOR) + 2 * channels)
		// B32
		throw new BlobError("LAYOUT", `the detector has ${length} bytes for ${channels} channels.`);
	const header = {} as Omit<Detector, "weights">;
	const at = readHeader(DETECTOR, blob, start, start + length, "the detector", header); // B33
	const { threshold, release } = header;
	// B33
	if (release < 1 || release > threshold)
		throw new BlobError(
			"PRECISION",
			`the detector has a threshold of ${threshold} and releases at ${release}.`,
		);
	// B34
	if (ahead === 0 || !perStep || outputs !== channels)
		throw new BlobError("SHAPE", "the detector's head does not forecast all channels at every step.");
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	const weights = new Uint16Array(channels);
	for (let c = 0; c < channels; c++) weights[c] = view.getUint16(at + 2 * c, true);
	return { ...header, weights };
}
