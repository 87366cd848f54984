// What a stream depends on in a blob that the kernel has accepted. Nothing is checked again, so a device needs neither the layouts
// nor their texts in flash: offsets are generated from them (src/blob/places.ts). openModel reads blobs that nobody has checked.
import * as AT from "../blob/places";
import { LIMITS } from "../network/limits";
import type { StreamModel } from "./model";

/** @param bytes a blob that the kernel has accepted; may have trailing bytes */
export function readOutline(bytes: Uint8Array): StreamModel {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const u32 = (at: number) => view.getUint32(at, true);
	const length = u32(AT.HEADER_LENGTH);
	/** Start of a section's content; 0: there is none of this type. */
	const find = (type: number) => {
		for (let at = AT.HEADER_BYTES; at < length; ) {
			const start = at + AT.SECTION_BYTES;
			if (view.getUint16(at + AT.SECTION_TYPE, true) === type) return start;
			at = (start + u32(at + AT.SECTION_LENGTH) + 3) & ~3;
		}
		return 0;
	};
	const scales = (at: number, count: number) =>
		Array.from({ length: count }, (_, i) => ({
			unit: "",
			scale: view.getFloat32(at + 8 * i, true),
			offset: view.getFloat32(at + 8 * i + 4, true),
		}));

	const inputAt = find(AT.TYPE_INPUT);
	const channels = view.getUint16(inputAt + AT.INPUT_CHANNELS, true);
	const names = texts(bytes, inputAt + AT.INPUT_BYTES + 8 * channels, 2 * channels);
	const input = scales(inputAt + AT.INPUT_BYTES, channels).map((scaling, c) => ({
		...scaling,
		name: names[2 * c]!,
		unit: names[2 * c + 1]!,
	}));

	const headAt = find(AT.TYPE_HEAD);
	const head = AT.HEADS.find(({ id }) => id === bytes[headAt])!;
	const outputs = view.getUint16(headAt + head.outputs, true);
	const isMean = bytes[headAt + head.pooling] === 0;
	let scaling: StreamModel["scaling"];
	if (head.scaled) {
		const at = find(AT.TYPE_OUTPUTS);
		const units = texts(bytes, at + 8 * outputs, outputs);
		scaling = scales(at, outputs).map((each, k) => ({ ...each, unit: units[k]! }));
	}
	const streamAt = find(AT.TYPE_STREAM);
	const detectorAt = find(AT.TYPE_DETECTOR);
	return {
		blob: bytes.subarray(0, length),
		channels,
		outputs,
		perStep: head.moment > 0 && bytes[headAt + head.moment] === 1,
		scaling,
		stream: streamAt
			? {
					window: u32(streamAt + AT.STREAM_WINDOW),
					hop: u32(streamAt + AT.STREAM_HOP),
					smoothing: bytes[streamAt + AT.STREAM_SMOOTHING]!,
					hold: bytes[streamAt + AT.STREAM_HOLD]!,
					thresholds: Uint32Array.from({ length: outputs }, (_, k) =>
						u32(streamAt + AT.STREAM_BYTES + 4 * k),
					),
				}
			: undefined,
		detector: detectorAt
			? {
					smoothing: bytes[detectorAt + AT.DETECTOR_SMOOTHING]!,
					settling: view.getUint16(detectorAt + AT.DETECTOR_SETTLING, true),
					threshold: u32(detectorAt + AT.DETECTOR_THRESHOLD),
					release: u32(detectorAt + AT.DETECTOR_RELEASE),
					weights: Uint16Array.from({ length: channels }, (_, c) =>
						view.getUint16(detectorAt + AT.DETECTOR_BYTES + 2 * c, true),
					),
				}
			: undefined,
		ahead: head.ahead > 0 ? u32(headAt + head.ahead) : 0,
		labels: texts(bytes, find(AT.TYPE_LABELS), outputs),
		steps: u32(AT.HEADER_STEPS),
		maxSteps: isMean ? LIMITS.meanSteps : Infinity,
		rate: view.getFloat32(inputAt + AT.INPUT_RATE, true),
		input,
	};
}

/** Texts of valid UTF-8, each closed by a zero byte. */
function texts(bytes: Uint8Array, at: number, count: number): string[] {
	return Array.from({ length: count }, () => {
		let text = "";
		for (let first = bytes[at++]!; first !== 0; first = bytes[at++]!) {
			const extra = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
			let code = extra === 0 ? first : first & (0x3f >> extra);
			for (let i = 0; i < extra; i++) code = (code << 6) | (bytes[at++]! & 0x3f);
			text += String.fromCodePoint(code);
		}
		return text;
	});
}
