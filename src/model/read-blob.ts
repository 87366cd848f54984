// A blob's bytes to a quantized network, with every length and code checked before use: blobs come over cables and out of
// half-written flash. What it accepts, the kernel accepts, and the other way round. Signatures are checked by the caller.
import { crc32 } from "../bytes/crc32";
import { readUtf8 } from "../bytes/utf8";
import { packedBytes, unpackRow } from "./bits";
import { BlobError } from "./blob-error";
import {
	ARITHMETIC_VERSION,
	align4,
	arenaLayout,
	FORMAT_VERSION,
	HEAD_BYTES,
	HEADER,
	HEADER_BYTES,
	LAYER_HEADER_BYTES,
	layerLayout,
	linearBytes,
	MAGIC,
	POLAR_HEAD_BYTES,
	recordBytes,
	rowBytesA,
	SECTIONS,
	type SectionName,
} from "./blob-layout";
import { ACTIVATIONS, POOLINGS } from "./names";
import {
	type GoldenVector,
	type Layer,
	LIMITS,
	type Linear,
	type QuantizedNetwork,
	WEIGHT_BITS,
} from "./network";

function shape(what: string, value: number, low: number, high: number): number {
	if (value < low || value > high)
		throw new BlobError("SHAPE", `${what} is ${value}, not in ${low} to ${high}.`);
	return value;
}

function precision(what: string, ok: boolean): void {
	if (!ok) throw new BlobError("PRECISION", `${what} is not one that the arithmetic has.`);
}

function weightBits(what: string, bits: number): number {
	precision(what, WEIGHT_BITS.includes(bits));
	return bits;
}

/** Everything that can be said of a blob without unpacking its weights. */
export interface BlobHeader {
	length: number;
	crc: number;
	identity: Uint8Array;
	arenaBytes: number;
	signature: Uint8Array | undefined;
	L: number;
	H: number;
	N: number;
	channels: number;
	classes: number;
	/** Start and length of each section, in bytes from the blob's start. */
	sections: Record<SectionName, { start: number; length: number }>;
}

/**
 * Reads and checks the header, the sections' bounds and the CRC-32.
 * @param blob may be longer than the blob (a partition)
 * @param options.checked the kernel has accepted these bytes: their CRC-32 is not computed a second time
 */
export function readBlobHeader(blob: Uint8Array, { checked = false } = {}): BlobHeader {
	if (blob.length < HEADER_BYTES)
		throw new BlobError(
			"TRUNCATED",
			`${blob.length} bytes are fewer than a blob's header of ${HEADER_BYTES}.`,
		);
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
	if (view.getUint32(HEADER.magic, true) !== MAGIC)
		throw new BlobError("MAGIC", 'the bytes do not begin with "ESSM".');
	const format = view.getUint16(HEADER.format, true);
	const arithmetic = view.getUint16(HEADER.arithmetic, true);
	if (format !== FORMAT_VERSION || arithmetic !== ARITHMETIC_VERSION)
		throw new BlobError(
			"VERSION",
			`format ${format}, arithmetic ${arithmetic}; this reader has ${FORMAT_VERSION}, ${ARITHMETIC_VERSION}.`,
		);
	const length = view.getUint32(HEADER.length, true);
	if (length > blob.length || length < HEADER_BYTES)
		throw new BlobError("TRUNCATED", `the blob states ${length} bytes and ${blob.length} are there.`);
	if (length > LIMITS.blobBytes || length & 3)
		throw new BlobError("LAYOUT", `a length of ${length} bytes is not possible.`);
	const crc = view.getUint32(HEADER.crc, true);
	if (!checked && crc32(blob, HEADER.crcStart, length) >>> 0 !== crc)
		throw new BlobError("CRC", "the CRC-32 does not match.");
	const signatureBytes = blob[HEADER.signatureBytes]!;
	if (signatureBytes !== 0 && signatureBytes !== 64)
		throw new BlobError("LAYOUT", "a signature has 0 or 64 bytes.");
	const sections = {} as BlobHeader["sections"];
	let start = HEADER_BYTES;
	const end = length - signatureBytes;
	SECTIONS.forEach((name, i) => {
		const bytes = view.getUint32(HEADER.sections + 4 * i, true);
		if (bytes > LIMITS.blobBytes || start + align4(bytes) > end)
			throw new BlobError("LAYOUT", `section ${name} of ${bytes} bytes lies outside the blob.`);
		sections[name] = { start, length: bytes };
		start += align4(bytes);
	});
	if (start !== end) throw new BlobError("LAYOUT", `the sections end at byte ${start}, the blob at ${end}.`);
	return {
		length,
		crc,
		identity: blob.subarray(HEADER.identity, HEADER.identity + 32),
		arenaBytes: view.getUint32(HEADER.arena, true),
		signature: signatureBytes ? blob.subarray(end, length) : undefined,
		L: shape("layers L", blob[HEADER.L]!, 1, LIMITS.L),
		H: shape("heads H", view.getUint16(HEADER.H, true), 1, LIMITS.H),
		N: shape("modes N", view.getUint16(HEADER.N, true), 1, LIMITS.N),
		channels: shape("channels", view.getUint16(HEADER.channels, true), 1, LIMITS.channels),
		classes: shape("classes", view.getUint16(HEADER.classes, true), 2, LIMITS.classes),
		sections,
	};
}

/** Class names, from a header already checked. */
export function readLabels(blob: Uint8Array, header: BlobHeader): string[] {
	const { start, length } = header.sections.labels;
	const labels: string[] = [];
	let from = start;
	for (let at = start; at < start + length; at++)
		if (blob[at] === 0) {
			labels.push(readUtf8(blob, from, at));
			from = at + 1;
		}
	if (from !== start + length || labels.length !== header.classes)
		throw new BlobError("LAYOUT", `the labels are not ${header.classes} texts, each closed by a zero byte.`);
	return labels;
}

/** Physical scaling of each channel: physical = sample * scale + offset. */
export function readInputScaling(blob: Uint8Array, header: BlobHeader): QuantizedNetwork["input"] {
	const { start, length } = header.sections.input;
	const { channels } = header;
	if (length !== 8 * channels) throw new BlobError("LAYOUT", "the input scaling has not 8 bytes a channel.");
	const view = new DataView(blob.buffer, blob.byteOffset + start, length);
	const scale = new Float32Array(channels);
	const offset = new Float32Array(channels);
	for (let c = 0; c < channels; c++) {
		scale[c] = view.getFloat32(8 * c, true);
		offset[c] = view.getFloat32(8 * c + 4, true);
		precision(
			"the input scaling",
			scale[c]! > 0 && Number.isFinite(scale[c]!) && Number.isFinite(offset[c]!),
		);
	}
	return { scale, offset };
}

/** The golden vectors: sequences with the exact logits that must come out. */
export function readGolden(blob: Uint8Array, header: BlobHeader): GoldenVector[] {
	const { start, length } = header.sections.golden;
	const { channels, classes } = header;
	const view = new DataView(blob.buffer, blob.byteOffset + start, length);
	const golden: GoldenVector[] = [];
	for (let at = 0; at < length; ) {
		if (at + 4 > length) throw new BlobError("LAYOUT", "a golden vector is cut off.");
		const count = view.getUint32(at, true) * channels;
		at += 4;
		if (count === 0 || count > length || at + align4(2 * count) + 4 * classes > length)
			throw new BlobError("LAYOUT", "a golden vector is cut off or empty.");
		const samples = new Int16Array(count);
		for (let i = 0; i < count; i++) samples[i] = view.getInt16(at + 2 * i, true);
		at += align4(2 * count);
		const logits = new Int32Array(classes);
		for (let i = 0; i < classes; i++) logits[i] = view.getInt32(at + 4 * i, true);
		at += 4 * classes;
		golden.push({ samples, logits });
	}
	return golden;
}

/** How biases are stored, from the byte that tells it. */
function biasFormat(what: string, byte: number): Pick<Linear, "biasBits" | "biasShift"> {
	precision(what, byte <= 8 || byte === 16);
	return byte === 16 ? { biasBits: 16, biasShift: 0 } : { biasBits: 8, biasShift: byte };
}

function readLinear(
	blob: Uint8Array,
	weightsAt: number,
	rowsAt: number,
	of: Omit<Linear, "weights" | "scale" | "bias">,
): Linear {
	const { rows, columns, bits, biasBits, biasShift } = of;
	const view = new DataView(blob.buffer, blob.byteOffset);
	const weights = new Int8Array(rows * columns);
	const scale = new Uint8Array(rows);
	const bias = new Int16Array(rows);
	for (let row = 0; row < rows; row++) {
		unpackRow(
			blob,
			weightsAt + row * packedBytes(columns, bits),
			columns,
			bits,
			true,
			weights,
			row * columns,
		);
		const at = rowsAt + row * (biasBits === 8 ? 2 : 3);
		scale[row] = view.getUint8(at);
		bias[row] = biasBits === 8 ? view.getInt8(at + 1) << biasShift : view.getInt16(at + 1, true);
	}
	return { ...of, weights, scale, bias };
}

function readLinearSection(
	blob: Uint8Array,
	header: BlobHeader,
	name: "encoder" | "decoder",
	rows: number,
	columns: number,
): Linear {
	const { start, length } = header.sections[name];
	const [bits, preshift, bias] = blob.subarray(HEADER[name]) as unknown as [number, number, number];
	weightBits(`${name} bits`, bits);
	precision(`${name} preshift`, preshift <= 30);
	const of = { rows, columns, bits, preshift, ...biasFormat(`${name} bias`, bias) };
	if (length !== linearBytes(of)) throw new BlobError("LAYOUT", `section ${name} has ${length} bytes.`);
	return readLinear(blob, start, start + length - recordBytes(of), of);
}

function readLayer(
	blob: Uint8Array,
	start: number,
	end: number,
	H: number,
	N: number,
): { layer: Layer; length: number } {
	if (start + LAYER_HEADER_BYTES > end) throw new BlobError("LAYOUT", "a layer is cut off.");
	const view = new DataView(blob.buffer, blob.byteOffset);
	const byte = (i: number) => blob[start + i]!;
	const fits = (what: string, i: number, low: number, high: number) =>
		precision(what, byte(i) >= low && byte(i) <= high);
	fits("a layer's kind", 0, 1, 2);
	const polar = byte(0) === 2;
	if (polar) {
		fits("the radius of A", 1, 1, 8);
		fits("the phase of A", 2, 2, 12);
		precision("the precision of A", byte(1) + byte(2) <= 16);
	} else {
		fits("the precision of A", 1, 6, 16);
		precision("the precision of A", byte(2) === 0 && byte(3) === 0);
	}
	fits("the phase shift of A", 4, 0, polar ? 10 : 0);
	precision("the precision of B", [0, 2, 4, 8].includes(byte(5)));
	weightBits("the precision of C", byte(6));
	weightBits("the precision of D", byte(8));
	fits("the precision of x", 9, 4, 16);
	fits("the rounding of x", 10, 0, 1);
	fits("the precision of u", 11, 4, 8);
	fits("the fraction of y", 12, 3, 12);
	fits("the precision of g", 13, 4, 8);
	weightBits("the precision of the value rows", byte(15));
	fits("the value shift", 18, 0, 8);
	weightBits("the precision of the gate rows", byte(19));
	fits("the fraction of the gate", 22, 3, 12);
	for (const i of [7, 16, 20]) fits("a preshift", i, 0, 30);

	const A: Layer["A"] = polar
		? {
				format: "polar",
				radiusBits: byte(1),
				phaseBits: byte(2),
				radiusStep: byte(3),
				phaseShift: byte(4),
				radius: new Uint8Array(H * N),
				phase: new Int16Array(H * N),
				radiusOffset: new Uint8Array(H),
				phaseBase: new Uint16Array(H),
			}
		: { format: "cartesian", bits: byte(1), codes: new Int16Array(2 * H * N) };
	const map = {
		rows: H,
		columns: H,
		weights: new Int8Array(0),
		scale: new Uint8Array(0),
		bias: new Int16Array(0),
	};
	const layer: Layer = {
		kind: "s4d",
		A,
		B: { bits: byte(5) as 0 | 2 | 4 | 8, codes: new Uint8Array(H * N), shift: new Uint8Array(H) },
		C: { bits: byte(6), codes: new Int8Array(2 * H * N), preshift: byte(7), scale: new Uint8Array(H) },
		D: { bits: byte(8), codes: new Int8Array(H), scale: view.getUint16(start + 26, true) },
		x: { bits: byte(9), rounding: byte(10) ? "dithered" : "nearest" },
		u: { bits: byte(11), scale: new Uint8Array(H), zero: new Int32Array(H), zeroShift: new Uint8Array(H) },
		yFraction: byte(12),
		g: { bits: byte(13), scale: view.getUint16(start + 24, true), zero: view.getInt8(start + 14) },
		value: { ...map, bits: byte(15), preshift: byte(16), ...biasFormat("the value bias", byte(17)) },
		valueShift: byte(18),
		gate: { ...map, bits: byte(19), preshift: byte(20), ...biasFormat("the gate bias", byte(21)) },
		gateFraction: byte(22),
	};
	const at = layerLayout(layer, H, N);
	if (start + at.length > end) throw new BlobError("LAYOUT", "a layer is cut off.");
	for (let h = 0; h < H; h++) {
		const head = start + at.heads + h * HEAD_BYTES;
		const shifts = view.getUint8(head + 2);
		layer.u.scale[h] = view.getUint8(head);
		layer.C.scale[h] = view.getUint8(head + 1);
		layer.u.zeroShift[h] = shifts >> 5;
		layer.u.zero[h] = view.getInt16(head + 3, true) << (shifts >> 5);
		layer.B.shift[h] = shifts & 31;
		if (A.format === "polar") {
			const word = view.getUint16(start + at.polarHeads + h * POLAR_HEAD_BYTES, true);
			A.radiusOffset[h] = (word & 63) << 2;
			A.phaseBase[h] = word >> 6;
		}
		const row = start + at.A + h * rowBytesA(A, N);
		if (A.format === "polar") {
			const codes = new Uint16Array(N);
			unpackRow(blob, row, N, A.radiusBits + A.phaseBits, false, codes, 0);
			for (let n = 0; n < N; n++) {
				A.radius[h * N + n] = codes[n]! & (2 ** A.radiusBits - 1);
				A.phase[h * N + n] = (codes[n]! << (32 - A.radiusBits - A.phaseBits)) >> (32 - A.phaseBits);
			}
		} else unpackRow(blob, row, 2 * N, A.bits, true, A.codes, 2 * h * N);
		if (layer.B.bits)
			unpackRow(
				blob,
				start + at.B + h * packedBytes(N, layer.B.bits),
				N,
				layer.B.bits,
				false,
				layer.B.codes,
				h * N,
			);
		unpackRow(
			blob,
			start + at.C + h * packedBytes(2 * N, layer.C.bits),
			2 * N,
			layer.C.bits,
			true,
			layer.C.codes,
			2 * h * N,
		);
	}
	unpackRow(blob, start + at.D, H, layer.D.bits, true, layer.D.codes, 0);
	layer.value = readLinear(blob, start + at.value, start + at.valueRows, layer.value);
	layer.gate = readLinear(blob, start + at.gate, start + at.gateRows, layer.gate);
	return { layer, length: at.length };
}

/**
 * The whole network of a blob.
 * @param blob begins with the blob; what follows it (the rest of a partition) is not looked at
 * @throws BlobError with the kernel's error name
 */
export function readBlob(blob: Uint8Array): QuantizedNetwork {
	const header = readBlobHeader(blob);
	const { H, N, L, channels, classes, sections } = header;
	const view = new DataView(blob.buffer, blob.byteOffset);
	precision("the pooling", blob[HEADER.pooling]! < POOLINGS.length);
	precision("the activation", blob[HEADER.activation]! < ACTIVATIONS.length);
	precision("the residual's precision", blob[HEADER.residualBits]! >= 8 && blob[HEADER.residualBits]! <= 16);
	precision("the logit fraction", blob[HEADER.logitFraction]! <= 24);
	const layers: Layer[] = [];
	let at = sections.layers.start;
	const end = at + sections.layers.length;
	for (let l = 0; l < L; l++) {
		const { layer, length } = readLayer(blob, at, end, H, N);
		layers.push(layer);
		at += length;
	}
	if (at !== end) throw new BlobError("LAYOUT", "the layers do not fill their section.");
	const network: QuantizedNetwork = {
		H,
		N,
		channels,
		classes,
		pooling: POOLINGS[blob[HEADER.pooling]!]!,
		activation: ACTIVATIONS[blob[HEADER.activation]!]!,
		residualBits: blob[HEADER.residualBits]!,
		logitFraction: blob[HEADER.logitFraction]!,
		ditherSeed: view.getInt32(HEADER.ditherSeed, true),
		encoder: readLinearSection(blob, header, "encoder", H, channels),
		layers,
		decoder: readLinearSection(blob, header, "decoder", classes, H),
		input: readInputScaling(blob, header),
		steps: view.getUint32(HEADER.steps, true),
		rate: view.getFloat32(HEADER.rate, true),
		labels: readLabels(blob, header),
		notes: readUtf8(blob, sections.notes.start, sections.notes.start + sections.notes.length),
		golden: readGolden(blob, header),
	};
	if (header.arenaBytes !== arenaLayout(network).total)
		throw new BlobError(
			"LAYOUT",
			`the header asks for an arena of ${header.arenaBytes} bytes, not ${arenaLayout(network).total}.`,
		);
	return network;
}
