// Where every byte of a blob and of the kernel's arena stands, computed from shapes and precisions alone (docs/BLOB.md).
// Reader, writer and `inspect` share it; the kernel (essm_open.c) computes the same in C. Not the bytes themselves.
import { packedBytes } from "./bits";
import type { Linear, QuantizedNetwork, S4dLayer } from "./network";

export const MAGIC = 0x4d535345; // "ESSM", little-endian
export const FORMAT_VERSION = 2;
export const ARITHMETIC_VERSION = 2; // edge-ssm.int.v2

/** Bytes of the fixed header, of a layer's header and of a head's record. */
export const HEADER_BYTES = 112;
export const LAYER_HEADER_BYTES = 28;
export const HEAD_BYTES = 5;
export const POLAR_HEAD_BYTES = 2;

/** Byte offsets of the header's fields. */
export const HEADER = Object.freeze({
	magic: 0,
	format: 4,
	arithmetic: 6,
	length: 8,
	crc: 12,
	crcStart: 16, // the CRC-32 covers everything from here to the end
	identity: 16,
	identityStart: 48, // the SHA-256 covers everything from here to the signature or the end
	arena: 48,
	ditherSeed: 52,
	L: 56,
	signatureBytes: 57,
	H: 58,
	N: 60,
	channels: 62,
	classes: 64,
	pooling: 66,
	activation: 67,
	residualBits: 68,
	logitFraction: 69,
	encoder: 70, // bits, preshift, bias shift
	decoder: 73, // likewise
	steps: 76,
	rate: 80,
	sections: 84, // seven lengths, in the order of SECTIONS
} as const);

/** The sections in their order; each begins at the next multiple of four after the one before. */
export const SECTIONS = Object.freeze([
	"input",
	"encoder",
	"layers",
	"decoder",
	"labels",
	"notes",
	"golden",
] as const);
export type SectionName = (typeof SECTIONS)[number];

/** Rounds up to a multiple of four. */
export function align4(n: number): number {
	return (n + 3) & ~3;
}

/** Bytes of the records of a linear map: a scale and a bias a row. */
export function recordBytes({ rows, biasBits }: Pick<Linear, "rows" | "biasBits">): number {
	return rows * (biasBits === 8 ? 2 : 3);
}

/** Bytes of a linear map: packed rows, then a record a row. */
export function linearBytes(map: Pick<Linear, "rows" | "columns" | "bits" | "biasBits">): number {
	return align4(map.rows * packedBytes(map.columns, map.bits)) + recordBytes(map);
}

/** Bits of one mode's Abar code. */
export function modeBitsA(A: S4dLayer["A"]): number {
	return A.format === "polar" ? A.radiusBits + A.phaseBits : 2 * A.bits;
}

/** Bytes of one head's row of Abar. */
export function rowBytesA(A: S4dLayer["A"], N: number): number {
	return A.format === "polar" ? packedBytes(N, A.radiusBits + A.phaseBits) : packedBytes(2 * N, A.bits);
}

/** Offsets of a layer's parts from the layer's start, and its length. */
export function layerLayout(layer: S4dLayer, H: number, N: number) {
	const heads = LAYER_HEADER_BYTES;
	const polarHeads = heads + align4(H * HEAD_BYTES);
	const D = polarHeads + (layer.A.format === "polar" ? align4(H * POLAR_HEAD_BYTES) : 0);
	const A = D + align4(packedBytes(H, layer.D.bits));
	const B = A + align4(H * rowBytesA(layer.A, N));
	const C = B + align4(H * packedBytes(N, layer.B.bits));
	const value = C + align4(H * packedBytes(2 * N, layer.C.bits));
	const gate = value + align4(H * packedBytes(H, layer.value.bits));
	const valueRows = gate + align4(H * packedBytes(H, layer.gate.bits));
	const gateRows = valueRows + recordBytes(layer.value);
	const length = align4(gateRows + recordBytes(layer.gate));
	return { heads, polarHeads, D, A, B, C, value, gate, valueRows, gateRows, length };
}

/** Bytes of one state coordinate. */
export function stateBytes(bits: number): number {
	return bits <= 8 ? 1 : 2;
}

/** The arena by purpose, in bytes, in its order; `total` stands in the blob's header. `state` is what saveState saves. */
export function arenaLayout(
	network: Pick<QuantizedNetwork, "H" | "N" | "channels" | "pooling" | "layers" | "encoder" | "decoder">,
) {
	const { H, N, pooling, layers } = network;
	const control = 8; // steps so far, dither generator
	const pool = pooling === "mean" ? 4 * H : align4(2 * H);
	const x = layers.map((layer) => align4(2 * H * N * stateBytes(layer.x.bits)));
	const residual = pooling === "mean" ? align4(2 * H) : 0; // last-step pooling keeps the residual itself
	const g = align4(H);
	// Rows that do not stand ready in flash are unpacked here, a head or a row at a time.
	const scratchA = layers.some((l) => l.A.format === "polar" || l.A.bits !== 16) ? 4 * N : 0;
	const scratchB = 4 * N; // gains are unpacked in every format
	const scratchC = layers.some((l) => l.C.bits !== 8) ? align4(2 * N) : 0;
	const scratchW = Math.max(
		layers.some((l) => l.value.bits !== 8 || l.gate.bits !== 8) ? align4(2 * H) : 0,
		network.encoder.bits !== 8 ? align4(network.channels) : 0,
		network.decoder.bits !== 8 ? align4(H) : 0,
	);
	const states = x.reduce((a, b) => a + b, 0);
	const scratch = scratchA + scratchB + scratchC + scratchW;
	const total = control + pool + states + residual + g + scratch;
	return { control, pool, x, states, residual, g, scratchA, scratchB, scratchC, scratchW, scratch, total };
}

/** Bytes of a saved state: 8 of heading, the persistent part of the arena, 4 of CRC-32. */
export function savedStateBytes(network: Parameters<typeof arenaLayout>[0]): number {
	const { control, pool, states } = arenaLayout(network);
	return 8 + control + pool + states + 4;
}
