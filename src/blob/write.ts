// A network to its bytes. Refuses what the format cannot represent and what cannot be proven free of overflow, naming the
// tensor. Callers hash: no hash function runs on every target.
import { crc32 } from "../bytes/crc32";
import { writeUtf8 } from "../bytes/utf8";
import type { Detector } from "../network/detector";
import type { OutputScaling } from "../network/kind";
import { align4, headerBytes, type Layout } from "../network/layout";
import { LIMITS } from "../network/limits";
import {
	arithmeticVersion,
	encoderKind,
	type GoldenVector,
	headKind,
	type Network,
	stages,
} from "../network/network";
import { refuse } from "../network/proof";
import { provenNetwork } from "../network/prove";
import type { Reporting } from "../network/stream";
import { componentBytes, fieldOffset, writeComponent, writeHeader } from "./codec";
import { BLOCK, ENCODER } from "./components";
import { HEAD } from "./head";
import {
	CRC_START,
	DETECTOR,
	FORMAT_VERSION,
	HEADER,
	IDENTITY_START,
	INPUT,
	MAGIC,
	SECTION,
	SECTIONS,
	type SectionName,
	SIGNATURE_BYTES,
	STREAM,
} from "./schema";

function texts(all: readonly string[]): Uint8Array {
	return utf8(all.map((text) => `${text}\0`).join(""));
}

function utf8(text: string): Uint8Array {
	const out = new Uint8Array(text.length * 4);
	return out.subarray(0, writeUtf8(new DataView(out.buffer), 0, out.length, text));
}

/** A heading that names kinds and the components that follow it. */
function components(
	layout: Layout,
	heading: object,
	parts: readonly { layout: Layout; part: object }[],
	sizes: Record<string, number>,
): Uint8Array {
	const length = parts.reduce(
		(sum, { layout: of, part }) => sum + componentBytes(of, part, sizes),
		headerBytes(layout),
	);
	const out = new Uint8Array(length);
	let at = writeHeader(layout, out, 0, heading);
	for (const { layout: of, part } of parts) at = writeComponent(of, out, at, sizes, part);
	return out;
}

function inputSection({ input, rate }: Network): Uint8Array {
	const names = texts(input.flatMap(({ name, unit }) => [name, unit]));
	const fixed = headerBytes(INPUT);
	const out = new Uint8Array(fixed);
	writeHeader(INPUT, out, 0, { channels: input.length, rate });
	return concat([out, scales(input), names]);
}

/** Scale and offset of each. */
function scales(all: readonly { scale: number; offset: number }[]): Uint8Array {
	const view = new DataView(new ArrayBuffer(8 * all.length));
	all.forEach(({ scale, offset }, i) => {
		view.setFloat32(8 * i, scale, true);
		view.setFloat32(8 * i + 4, offset, true);
	});
	return new Uint8Array(view.buffer);
}

function outputsSection(scaling: readonly OutputScaling[]): Uint8Array {
	return concat([scales(scaling), texts(scaling.map(({ unit }) => unit))]);
}

function streamSection(stream: Reporting): Uint8Array {
	const fixed = headerBytes(STREAM);
	const { thresholds } = stream;
	const out = new Uint8Array(fixed + 4 * thresholds.length);
	writeHeader(STREAM, out, 0, stream);
	const view = new DataView(out.buffer);
	thresholds.forEach((threshold, k) => {
		view.setUint32(fixed + 4 * k, threshold, true);
	});
	return out;
}

function detectorSection(detector: Detector): Uint8Array {
	const fixed = headerBytes(DETECTOR);
	const { weights } = detector;
	const out = new Uint8Array(fixed + 2 * weights.length);
	writeHeader(DETECTOR, out, 0, detector);
	const view = new DataView(out.buffer);
	weights.forEach((weight, c) => {
		view.setUint16(fixed + 2 * c, weight, true);
	});
	return out;
}

function goldenSection({ golden, input }: Network): Uint8Array {
	const bytes = ({ samples, outputs }: GoldenVector) => {
		const out = new Uint8Array(4 + align4(samples.length * 2) + outputs.length * 4);
		const view = new DataView(out.buffer);
		view.setUint32(0, samples.length / input.length, true);
		samples.forEach((sample, i) => {
			view.setInt16(4 + 2 * i, sample, true);
		});
		const at = 4 + align4(samples.length * 2);
		outputs.forEach((output, i) => {
			view.setInt32(at + 4 * i, output, true);
		});
		return out;
	};
	return concat(golden.map(bytes));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}

function section(name: SectionName, content: Uint8Array): Uint8Array {
	const { type, required } = SECTIONS[name];
	const heading = headerBytes(SECTION);
	const out = new Uint8Array(heading + align4(content.length));
	writeHeader(SECTION, out, 0, { type, required: required ? 1 : 0, length: content.length });
	out.set(content, heading);
	return out;
}

/** The sections of a network in order, without the signature. */
export function sectionsOf(network: Network): { name: SectionName; content: Uint8Array }[] {
	const { H, input, encoder, blocks, head } = network;
	const sizes = { heads: H, channels: input.length };
	const notes = utf8(network.notes);
	if (notes.length > LIMITS.notesBytes) refuse("notes", `are longer than ${LIMITS.notesBytes} bytes`);
	const golden = goldenSection(network);
	return [
		{ name: "input", content: inputSection(network) },
		{
			name: "encoder",
			content: components(ENCODER, encoder, [{ layout: encoderKind(encoder).layout, part: encoder }], sizes),
		},
		...blocks.map((block) => ({
			name: "block" as const,
			content: components(
				BLOCK,
				block,
				stages(block).map(({ kind, part }) => ({ layout: kind.layout, part })),
				sizes,
			),
		})),
		{ name: "head", content: components(HEAD, head, [{ layout: headKind(head).layout, part: head }], sizes) },
		...("scaling" in head ? [{ name: "outputs" as const, content: outputsSection(head.scaling) }] : []),
		{ name: "labels", content: texts(network.labels) },
		...(network.stream ? [{ name: "stream" as const, content: streamSection(network.stream) }] : []),
		...(network.detector ? [{ name: "detector" as const, content: detectorSection(network.detector) }] : []),
		...(golden.length ? [{ name: "golden" as const, content: golden }] : []),
		...(notes.length ? [{ name: "notes" as const, content: notes }] : []),
	];
}

/**
 * The blob of a network.
 * @param sha256 SHA-256 of the bytes, 32 bytes
 * @param sign optional Ed25519 signature, 64 bytes, of the 48 bytes of the header from the identity on
 * @throws RangeError that names the tensor when the network is outside the format or could overflow
 */
export function writeBlob(
	network: Network,
	sha256: (bytes: Uint8Array) => Uint8Array,
	sign?: (signed: Uint8Array) => Uint8Array,
): Uint8Array {
	provenNetwork(network);
	const signature = sign && section("signature", new Uint8Array(SIGNATURE_BYTES));
	const out = concat([
		new Uint8Array(headerBytes(HEADER)),
		...sectionsOf(network).map(({ name, content }) => section(name, content)),
		...(signature ? [signature] : []),
	]);
	if (out.length > LIMITS.blobBytes)
		throw new RangeError(
			`blob: ${out.length} bytes, beyond ${LIMITS.blobBytes}; use fewer bits, heads or blocks`,
		);
	writeHeader(HEADER, out, 0, {
		...network,
		magic: MAGIC,
		format: FORMAT_VERSION,
		arithmetic: arithmeticVersion(network),
		length: out.length,
		crc: 0,
		identity: new Uint8Array(32),
		blocks: network.blocks.length,
	});
	const identity = sha256(out.subarray(IDENTITY_START, out.length - (signature?.length ?? 0)));
	out.set(identity, fieldOffset(HEADER, "identity"));
	if (sign) out.set(sign(out.subarray(CRC_START, headerBytes(HEADER))), out.length - SIGNATURE_BYTES);
	new DataView(out.buffer).setUint32(fieldOffset(HEADER, "crc"), crc32(out, CRC_START) >>> 0, true);
	return out;
}
