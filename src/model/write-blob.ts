// A quantized network to its bytes (docs/BLOB.md). Refuses what the format cannot hold and what prove.ts cannot prove free
// of overflow, naming the tensor. Hashing is the caller's: no hash function runs on every target.

import { crc32 } from "../bytes/crc32";
import { writeUtf8 } from "../bytes/utf8";
import { packedBytes, packRow } from "./bits";
import {
	ARITHMETIC_VERSION,
	align4,
	arenaLayout,
	FORMAT_VERSION,
	HEAD_BYTES,
	HEADER,
	HEADER_BYTES,
	layerLayout,
	linearBytes,
	MAGIC,
	POLAR_HEAD_BYTES,
	recordBytes,
	rowBytesA,
	SECTIONS,
} from "./blob-layout";
import { ACTIVATIONS, POOLINGS } from "./names";
import { type GoldenVector, type Layer, LIMITS, type Linear, type QuantizedNetwork } from "./network";
import { provenNetwork } from "./prove";

/** Packs every row of a matrix of codes. */
function packRows(
	codes: ArrayLike<number>,
	columns: number,
	bits: number,
	out: Uint8Array,
	at: number,
): void {
	const stride = packedBytes(columns, bits);
	for (let row = 0, i = 0; i < codes.length; row++, i += columns)
		packRow(Array.prototype.slice.call(codes, i, i + columns), bits, out, at + row * stride);
}

function writeRowRecords(
	{ rows, scale, bias, biasBits, biasShift }: Linear,
	view: DataView,
	at: number,
): void {
	for (let row = 0; row < rows; row++) {
		view.setUint8(at++, scale[row]!);
		if (biasBits === 8) view.setInt8(at++, bias[row]! >> biasShift);
		else {
			view.setInt16(at, bias[row]!, true);
			at += 2;
		}
	}
}

/** The byte that tells how biases are stored: a shift of 8 bits, or 16. */
const biasFormat = ({ biasBits, biasShift }: Linear) => (biasBits === 8 ? biasShift : 16);

function linearSection(linear: Linear): Uint8Array {
	const out = new Uint8Array(linearBytes(linear));
	packRows(linear.weights, linear.columns, linear.bits, out, 0);
	writeRowRecords(linear, new DataView(out.buffer), out.length - recordBytes(linear));
	return out;
}

function layerSection(layer: Layer, H: number, N: number): Uint8Array {
	const at = layerLayout(layer, H, N);
	const out = new Uint8Array(at.length);
	const view = new DataView(out.buffer);
	const { A, B, C, D, x, u, g, value, gate } = layer;
	const polar = A.format === "polar";
	out.set([
		polar ? 2 : 1, // kind: S4D with a Cartesian or a log-polar A
		polar ? A.radiusBits : A.bits,
		polar ? A.phaseBits : 0,
		polar ? A.radiusStep : 0,
		polar ? A.phaseShift : 0,
		B.bits,
		C.bits,
		C.preshift,
		D.bits,
		x.bits,
		x.rounding === "dithered" ? 1 : 0,
		u.bits,
		layer.yFraction,
		g.bits,
		g.zero,
		value.bits,
		value.preshift,
		biasFormat(value),
		layer.valueShift,
		gate.bits,
		gate.preshift,
		biasFormat(gate),
		layer.gateFraction,
		0,
	]);
	view.setUint16(24, g.scale, true);
	view.setUint16(26, D.scale, true);
	for (let h = 0; h < H; h++) {
		const head = at.heads + h * HEAD_BYTES;
		view.setUint8(head, u.scale[h]!);
		view.setUint8(head + 1, C.scale[h]!);
		view.setUint8(head + 2, (u.zeroShift[h]! << 5) | B.shift[h]!);
		view.setInt16(head + 3, u.zero[h]! >> u.zeroShift[h]!, true);
		if (polar)
			view.setUint16(
				at.polarHeads + h * POLAR_HEAD_BYTES,
				(A.phaseBase[h]! << 6) | (A.radiusOffset[h]! >> 2),
				true,
			);
	}
	if (polar) {
		const mask = 2 ** A.phaseBits - 1;
		const codes = Array.from(A.phase, (phase, i) => ((phase & mask) << A.radiusBits) | A.radius[i]!);
		for (let h = 0; h < H; h++)
			packRow(codes.slice(h * N, (h + 1) * N), A.radiusBits + A.phaseBits, out, at.A + h * rowBytesA(A, N));
	} else packRows(A.codes, 2 * N, A.bits, out, at.A);
	packRow(D.codes, D.bits, out, at.D);
	if (B.bits) packRows(B.codes, N, B.bits, out, at.B);
	packRows(C.codes, 2 * N, C.bits, out, at.C);
	packRows(value.weights, H, value.bits, out, at.value);
	packRows(gate.weights, H, gate.bits, out, at.gate);
	writeRowRecords(value, view, at.valueRows);
	writeRowRecords(gate, view, at.gateRows);
	return out;
}

function text(content: string): Uint8Array {
	const out = new Uint8Array(content.length * 4);
	return out.subarray(0, writeUtf8(new DataView(out.buffer), 0, out.length, content));
}

function concat(parts: Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}

function inputSection({ input, channels }: QuantizedNetwork): Uint8Array {
	const out = new Uint8Array(8 * channels);
	const view = new DataView(out.buffer);
	for (let c = 0; c < channels; c++) {
		view.setFloat32(8 * c, input.scale[c]!, true);
		view.setFloat32(8 * c + 4, input.offset[c]!, true);
	}
	return out;
}

function goldenSection(golden: GoldenVector[], channels: number): Uint8Array {
	return concat(
		golden.map(({ samples, logits }) => {
			const out = new Uint8Array(4 + align4(samples.length * 2) + logits.length * 4);
			const view = new DataView(out.buffer);
			view.setUint32(0, samples.length / channels, true);
			for (let i = 0; i < samples.length; i++) view.setInt16(4 + 2 * i, samples[i]!, true);
			const at = 4 + align4(samples.length * 2);
			for (let i = 0; i < logits.length; i++) view.setInt32(at + 4 * i, logits[i]!, true);
			return out;
		}),
	);
}

/**
 * The blob of a network.
 * @param sha256 SHA-256 of the bytes, 32 bytes
 * @param sign optional Ed25519 signature, 64 bytes, of the 32-byte identity
 * @throws RangeError that names the tensor when the network is outside the format or could overflow
 */
export function writeBlob(
	network: QuantizedNetwork,
	sha256: (bytes: Uint8Array) => Uint8Array,
	sign?: (identity: Uint8Array) => Uint8Array,
): Uint8Array {
	provenNetwork(network);
	const { H, N, channels } = network;
	const sections = [
		inputSection(network),
		linearSection(network.encoder),
		concat(network.layers.map((layer) => layerSection(layer, H, N))),
		linearSection(network.decoder),
		text(network.labels.map((label) => `${label}\0`).join("")),
		text(network.notes),
		goldenSection(network.golden, channels),
	];
	const signatureBytes = sign ? 64 : 0;
	const length = HEADER_BYTES + sections.reduce((sum, s) => sum + align4(s.length), 0) + signatureBytes;
	if (length > LIMITS.blobBytes)
		throw new RangeError(
			`blob: ${length} bytes, beyond ${LIMITS.blobBytes}; use fewer bits, heads or layers`,
		);
	const out = new Uint8Array(length);
	const view = new DataView(out.buffer);
	view.setUint32(HEADER.magic, MAGIC, true);
	view.setUint16(HEADER.format, FORMAT_VERSION, true);
	view.setUint16(HEADER.arithmetic, ARITHMETIC_VERSION, true);
	view.setUint32(HEADER.length, length, true);
	view.setUint32(HEADER.arena, arenaLayout(network).total, true);
	view.setInt32(HEADER.ditherSeed, network.ditherSeed, true);
	out[HEADER.L] = network.layers.length;
	out[HEADER.signatureBytes] = signatureBytes;
	view.setUint16(HEADER.H, H, true);
	view.setUint16(HEADER.N, N, true);
	view.setUint16(HEADER.channels, channels, true);
	view.setUint16(HEADER.classes, network.classes, true);
	out[HEADER.pooling] = POOLINGS.indexOf(network.pooling);
	out[HEADER.activation] = ACTIVATIONS.indexOf(network.activation);
	out[HEADER.residualBits] = network.residualBits;
	out[HEADER.logitFraction] = network.logitFraction;
	for (const map of ["encoder", "decoder"] as const) {
		const { bits, preshift } = network[map];
		out.set([bits, preshift, biasFormat(network[map])], HEADER[map]);
	}
	view.setUint32(HEADER.steps, network.steps, true);
	view.setFloat32(HEADER.rate, network.rate, true);
	let at = HEADER_BYTES;
	SECTIONS.forEach((_, i) => {
		view.setUint32(HEADER.sections + 4 * i, sections[i]!.length, true);
		out.set(sections[i]!, at);
		at += align4(sections[i]!.length);
	});
	const identity = sha256(out.subarray(HEADER.identityStart, length - signatureBytes));
	out.set(identity, HEADER.identity);
	if (sign) out.set(sign(identity), length - signatureBytes);
	view.setUint32(HEADER.crc, crc32(out, HEADER.crcStart) >>> 0, true);
	return out;
}
