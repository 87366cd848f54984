// What a blob's bytes are for, and what they save against float32. Counting only, from the layout that writer and reader
// share; every byte of the file is counted once.
import { z } from "zod";
import { packedBytes } from "../../src/model/bits";
import {
	align4,
	arenaLayout,
	HEAD_BYTES,
	HEADER_BYTES,
	LAYER_HEADER_BYTES,
	POLAR_HEAD_BYTES,
	recordBytes,
	rowBytesA,
} from "../../src/model/blob-layout";
import type { Linear, QuantizedNetwork } from "../../src/model/network";
import { readBlobHeader } from "../../src/model/read-blob";

/** Bytes of a blob by what they hold, adding up to `total`, which is the file's length. */
export interface BlobComponents {
	header: number;
	/** Abar, B, C, D: packed codes of all layers. */
	A: number;
	B: number;
	C: number;
	D: number;
	/** Packed codes of encoder, value and gate maps and decoder. */
	weights: number;
	/** Scales, offsets and biases of rows and heads, and the layers' precisions and shared scales. */
	scales: number;
	inputScaling: number;
	labels: number;
	notes: number;
	golden: number;
	signature: number;
	/** Bytes that fill up to multiples of four. */
	padding: number;
	total: number;
}

function codeBytes({ rows, columns, bits }: Linear): number {
	return rows * packedBytes(columns, bits);
}

export function blobComponents(blob: Uint8Array, network: QuantizedNetwork): BlobComponents {
	const { H, N, layers, encoder, decoder } = network;
	const { length, sections, signature } = readBlobHeader(blob);
	const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((s, l) => s + of(l), 0);
	const parts = {
		header: HEADER_BYTES,
		A: sum(({ A }) => H * rowBytesA(A, N)),
		B: sum(({ B }) => H * packedBytes(N, B.bits)),
		C: sum(({ C }) => H * packedBytes(2 * N, C.bits)),
		D: sum(({ D }) => packedBytes(H, D.bits)),
		weights:
			sum(({ value, gate }) => codeBytes(value) + codeBytes(gate)) + codeBytes(encoder) + codeBytes(decoder),
		scales:
			sum(
				({ A, value, gate }) =>
					LAYER_HEADER_BYTES +
					H * (HEAD_BYTES + (A.format === "polar" ? POLAR_HEAD_BYTES : 0)) +
					recordBytes(value) +
					recordBytes(gate),
			) +
			recordBytes(encoder) +
			recordBytes(decoder),
		inputScaling: sections.input.length,
		labels: sections.labels.length,
		notes: sections.notes.length,
		golden: sections.golden.length,
		signature: signature?.length ?? 0,
	};
	const counted = Object.values(parts).reduce((a, b) => a + b, 0);
	return { ...parts, padding: length - counted, total: length };
}

/** The float network in float32 and what became of it in integers: parameters plus state, nothing else on either side. */
export interface Saving {
	/** N of the float network: more than the blob's when modes were pruned. */
	modes: number;
	/** Trainable parameters as PyTorch counts them, and values of the state (2 H N L: real and imaginary). */
	parameters: number;
	stateValues: number;
	/** 4 (parameters + stateValues). */
	floatBytes: number;
	/** Sections encoder, layers and decoder, whole: codes, scales, offsets, biases, padding. */
	parameterBytes: number;
	/** Bytes of the arena that hold x. */
	stateBytes: number;
	/** 100 (1 - (parameterBytes + stateBytes) / floatBytes). */
	percent: number;
}

const notesType = z.object({ norm: z.string(), prunedFrom: z.int().min(1).max(256).optional() });

/** What the notes say of the float network: a norm, whose weight and bias are folded away here, and its modes a head. */
function floatNetwork({ notes, N }: QuantizedNetwork): { hadNorm: boolean; modes: number } {
	try {
		const { norm, prunedFrom } = notesType.parse(JSON.parse(notes));
		return { hadNorm: norm !== "none", modes: Math.max(N, prunedFrom ?? N) };
	} catch {
		return { hadNorm: true, modes: N };
	}
}

export function saving(blob: Uint8Array, network: QuantizedNetwork): Saving {
	const { H, channels, classes, layers } = network;
	const { hadNorm, modes } = floatNetwork(network);
	const L = layers.length;
	const { sections } = readBlobHeader(blob);
	// log_dt H, log_A_real and A_imag 2 H N, C 2 H N, D H, linear 2 H H + 2 H, norm 2 H.
	const layer = H + 4 * H * modes + H + 2 * H * H + 2 * H + (hadNorm ? 2 * H : 0);
	const parameters = H * channels + H + L * layer + classes * H + classes;
	const stateValues = 2 * H * modes * L;
	const floatBytes = 4 * (parameters + stateValues);
	const parameterBytes =
		align4(sections.encoder.length) + sections.layers.length + align4(sections.decoder.length);
	const stateBytes = arenaLayout(network).states;
	return {
		modes,
		parameters,
		stateValues,
		floatBytes,
		parameterBytes,
		stateBytes,
		percent: 100 * (1 - (parameterBytes + stateBytes) / floatBytes),
	};
}

/** The arena by purpose, in bytes, adding up to `total`. */
export function arenaComponents(network: QuantizedNetwork) {
	const { control, pool, states, residual, g, scratch, total } = arenaLayout(network);
	return { state: states, pooling: pool, residual, activations: g, scratch, control, total };
}

/** Each layer's precision as text of --bits, from the network itself. */
export function layerBits({ layers }: QuantizedNetwork): Record<string, string>[] {
	return layers.map(({ A, B, C, D, x, u, g, value, gate }) => ({
		A: A.format === "polar" ? `${A.radiusBits}+${A.phaseBits}` : String(A.bits),
		x: `${x.bits}${x.rounding === "dithered" ? "d" : "n"}`,
		B: String(B.bits),
		C: String(C.bits),
		D: String(D.bits),
		value: String(value.bits),
		gate: String(gate.bits),
		bias: String(value.biasBits),
		u: String(u.bits),
		g: String(g.bits),
	}));
}
