// The section of a stream's settings.
import { headerBytes } from "../network/layout";
import { type Reporting, windowFault } from "../network/stream";
import { BlobError } from "./blob-error";
import { readHeader } from "./codec";
import type { Container } from "./container";
import { STREAM } from "./schema";

/** The settings, from a container already checked; undefined: there are none. @param scaled whether outputs are values @throws BlobError */
export function readStream(
	blob: Uint8Array,
	{ sections }: Container,
	{ outputs, scaled, mean }: { outputs: number; scaled: boolean; mean: boolean },
): Reporting | undefined {
	const { start, length } = sections.stream;
	if (start === 0) return undefined;
	if (length !== headerBytes(STREAM) + 4 * outputs)
		// B35
		throw new BlobError("LAYOUT", `the stream's settings have ${length} bytes for ${outputs} labels.`);
	const settings = { thresholds: new Uint32Array(outputs) } as Reporting;
	const at = readHeader(STREAM, blob, start, start + length, "the stream's settings", settings); // B36
	const fault = windowFault(settings, mean);
	// B36
	if (fault !== undefined) throw new BlobError("PRECISION", `the stream ${fault}.`);
	// B37
	if (scaled)
		throw new BlobError("SHAPE", "the stream's settings are for labels, and the head gives values.");
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	for (let k = 0; k < outputs; k++) settings.thresholds[k] = view.getUint32(at + 4 * k, true);
	return settings;
}
