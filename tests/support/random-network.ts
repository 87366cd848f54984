// Random networks over every shape and precision that the format has, for property tests. Scales are chosen so that values
// neither vanish nor sit at their limits all the time; not trained and of no use as classifiers.
import type { AffineNorm } from "../../src/network/affine";
import type { CartesianPoles } from "../../src/network/cartesian";
import type { Pooling } from "../../src/network/classes";
import type { GeluActivation, PhiTable } from "../../src/network/gelu";
import type { Glu } from "../../src/network/glu";
import type { HarmonicPoles } from "../../src/network/harmonic";
import type { Linear } from "../../src/network/linear";
import type { LinearEncoder } from "../../src/network/linear-encoder";
import type { Block, Network } from "../../src/network/network";
import type { S4dMixer } from "../../src/network/s4d";

/** mulberry32: enough for tests, the same on every machine. */
export function random(seed: number): () => number {
	let s = seed | 0;
	return () => {
		s = (s + 0x6d2b79f5) | 0;
		let t = Math.imul(s ^ (s >>> 15), 1 | s);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

/** A block of the kinds that are drawn here: S4D whose poles are Cartesian or harmonic. */
export type S4dBlock = Block & {
	norm: AffineNorm;
	mixer: S4dMixer & { A: CartesianPoles | HarmonicPoles };
	activation: GeluActivation;
	channel: Glu;
};
export type S4dNetwork = Omit<Network, "encoder" | "blocks"> & { encoder: LinearEncoder; blocks: S4dBlock[] };

export type Next = () => number;
export const int = (next: Next, low: number, high: number) => low + Math.floor(next() * (high - low + 1));
export const pick = <T>(next: Next, from: readonly T[]): T => from[int(next, 0, from.length - 1)]!;
export const WEIGHTS = [2, 3, 4, 6, 8] as const;

/** The 16-bit float nearest below `value`. */
export function scaleOf(value: number): number {
	let s = 0;
	while (value * 2 ** s < 2048 && s < 31) s++;
	return (s << 11) | Math.max(0, Math.min(2047, Math.floor(value * 2 ** s) - 2048));
}

/** The 8-bit float nearest below `value`. */
export function coarseScaleOf(value: number): number {
	let s = 0;
	while (value * 2 ** s < 128 && s < 31) s++;
	return (s << 3) | Math.max(0, Math.min(7, Math.floor((value * 2 ** s) / 16) - 8));
}

export function preshiftFor(bound: number): number {
	let p = 0;
	while ((bound + 2 ** p / 2) / 2 ** p >= 2 ** 22 - 1) p++;
	return p;
}

export function randomCodes(next: Next, count: number, bits: number): Int8Array {
	return Int8Array.from({ length: count }, () => int(next, -(1 << (bits - 1)), (1 << (bits - 1)) - 1));
}

function randomLinear(
	next: Next,
	rows: number,
	columns: number,
	inputMax: number,
	outputMax: number,
): Linear {
	const bits = pick(next, WEIGHTS);
	const weights = randomCodes(next, rows * columns, bits);
	const bound = columns * (1 << (bits - 1)) * inputMax;
	const preshift = preshiftFor(bound);
	const biasBits = pick(next, [8, 16] as const);
	const biasShift = biasBits === 16 ? 0 : int(next, 0, Math.max(0, Math.floor(Math.log2(outputMax / 512))));
	const typical = (Math.sqrt(columns) * (1 << (bits - 1)) * inputMax * 0.3) / 2 ** preshift;
	return {
		rows,
		columns,
		bits,
		weights,
		preshift,
		scale: Uint8Array.from({ length: rows }, () => coarseScaleOf((outputMax * (0.2 + next())) / typical)),
		biasBits,
		biasShift,
		bias: Int16Array.from({ length: rows }, () =>
			biasBits === 8 ? int(next, -128, 127) << biasShift : int(next, -outputMax / 4, outputMax / 4),
		),
	};
}

function randomBlock(next: Next, H: number, N: number, table: PhiTable): S4dBlock {
	const xBits = pick(next, [4, 6, 8, 10, 12, 16]);
	const uBits = int(next, 4, 8);
	const gBits = int(next, 4, 8);
	const cBits = pick(next, WEIGHTS);
	const dBits = pick(next, WEIGHTS);
	const bBits = pick(next, [0, 2, 4, 8] as const);
	const xMax = 2 ** (xBits - 1) - 1;
	const phaseBits = int(next, 2, 12);
	const radiusBits = int(next, 1, Math.min(8, 16 - phaseBits));
	const aBits = int(next, 6, 16);
	const angles = Array.from({ length: H * N }, () => next() * Math.PI);
	const radii = angles.map(() => 1 - 2 ** (-1 - 8 * next()));
	const unit = 2 ** (aBits - 1) - 1;
	const zeroShift = Uint8Array.from({ length: H }, () => (next() < 0.7 ? 0 : int(next, 0, 6)));
	const A: CartesianPoles | HarmonicPoles =
		next() < 0.5
			? {
					kind: "cartesian",
					bits: aBits,
					codes: Int16Array.from({ length: 2 * H * N }, (_, i) =>
						Math.trunc(
							unit * radii[i >> 1]! * (i & 1 ? Math.sin(angles[i >> 1]!) : Math.cos(angles[i >> 1]!)),
						),
					),
				}
			: {
					kind: "harmonic",
					radiusBits,
					phaseBits,
					radiusStep: int(next, 0, Math.ceil(255 / (2 ** radiusBits - 1))),
					phaseShift: int(next, 0, 10),
					radius: Uint8Array.from({ length: H * N }, () => int(next, 0, 2 ** radiusBits - 1)),
					phase: Int16Array.from({ length: H * N }, () =>
						int(next, -(2 ** (phaseBits - 1)), 2 ** (phaseBits - 1) - 1),
					),
					radiusOffset: Uint8Array.from({ length: H }, () => 4 * int(next, 0, 63)),
					phaseBase: Uint16Array.from({ length: H }, () => int(next, 0, 680)), // up to 0.8 of a turn
				};
	const cBound = 2 * N * 2 ** (cBits - 1) * xMax;
	const cPreshift = preshiftFor(cBound);
	const drawn = {
		A,
		B: {
			bits: bBits,
			codes: Uint8Array.from({ length: H * N }, () => int(next, 0, 2 ** bBits - 1)),
			shift: Uint8Array.from({ length: H }, () =>
				bBits <= 2
					? int(next, Math.max(0, xBits - 6), xBits + 2)
					: int(next, Math.max(0, xBits - 8), Math.max(0, Math.min(14, xBits - 2))),
			),
		},
		C: {
			bits: cBits,
			codes: randomCodes(next, 2 * H * N, cBits),
			preshift: cPreshift,
			scale: Uint8Array.from({ length: H }, () =>
				coarseScaleOf((4096 * (0.2 + next())) / ((cBound * 0.1) / 2 ** cPreshift)),
			),
		},
		D: {
			bits: dBits,
			codes: randomCodes(next, H, dBits),
			scale: scaleOf(1024 / (2 ** (dBits - 1) * 2 ** (uBits - 1))),
		},
		x: { bits: xBits, rounding: pick(next, ["nearest", "dithered"] as const) },
		u: {
			bits: uBits,
			scale: Uint8Array.from({ length: H }, () => coarseScaleOf((2 ** (uBits - 1) * (0.5 + next())) / 32767)),
			zero: Int32Array.from({ length: H }, (_, h) => int(next, -200, 200) << zeroShift[h]!),
			zeroShift,
		},
		yFraction: int(next, 8, 12),
		g: {
			bits: gBits,
			scale: scaleOf(2 ** gBits / 8192),
			zero: int(next, -(2 ** (gBits - 1)), 2 ** (gBits - 1) - 1),
		},
		valueShift: int(next, 0, 8),
		value: randomLinear(next, H, H, 2 ** (gBits - 1), 6000),
		gate: randomLinear(next, H, H, 2 ** (gBits - 1), 4000),
		gateFraction: int(next, 8, 12),
	};
	const { B, C, D, x, u, g, yFraction, value, valueShift, gate, gateFraction } = drawn;
	return {
		norm: { kind: "affine", ...u },
		mixer: { kind: "s4d", N, A, B, C, D, x },
		yFraction,
		activation: { kind: "gelu", table, ...g },
		channel: { kind: "glu", value, valueShift, gate, gateFraction, gateTable: "sigmoid" },
		post: { kind: "none" },
	};
}

/** A network drawn from `seed`: H 1 to 20 unless it is given, N 1 to 12, 1 to 4 blocks, any precision of every component. */
export function randomNetwork(seed: number, heads?: number): S4dNetwork {
	const next = random(seed);
	const drawn = int(next, 1, 20);
	const H = heads ?? drawn;
	const N = int(next, 1, 12);
	const channels = int(next, 1, 6);
	const outputs = int(next, 2, 8);
	const residualBits = pick(next, [8, 10, 12, 16, 16, 16]);
	const pooling = pick(next, ["mean", "last"] satisfies Pooling[]);
	const table = pick(next, ["gelu", "gelu_tanh", "gelu_sigmoid"] satisfies PhiTable[]);
	const ditherSeed = int(next, 0, 0x7fffffff);
	const encoder = randomLinear(next, H, channels, 32768, 2 ** (residualBits - 2));
	const blocks = Array.from({ length: int(next, 1, 4) }, () => randomBlock(next, H, N, table));
	const decoder = randomLinear(next, outputs, H, 2 ** (residualBits - 1), 8000);
	const scale = Float32Array.from({ length: channels }, () => 0.001 + next());
	const offset = Float32Array.from({ length: channels }, () => next() - 0.5);
	return {
		version: 0,
		H,
		residualBits,
		ditherSeed,
		steps: 0,
		rate: 50,
		input: Array.from(scale, (s, c) => ({ name: `channel ${c}`, unit: "", scale: s, offset: offset[c]! })),
		encoder: { kind: "linear", map: encoder },
		blocks,
		head: { kind: "classes", pooling, outputs, map: decoder, fraction: 10 },
		labels: Array.from({ length: outputs }, (_, i) => `class ${i}`),
		notes: "{}",
		golden: [],
	};
}

/** The same network with a head that pools by `pooling`. */
export function withPooling<N extends Network>(network: N, pooling: Pooling): N {
	return { ...network, head: { ...network.head, pooling } };
}

/** `steps` samples, correlated in time as sensors are, with full-scale stretches now and then. */
export function randomSamples(seed: number, steps: number, channels: number): Int16Array {
	const next = random(seed ^ 0x5bd1e995);
	const samples = new Int16Array(steps * channels);
	for (let c = 0; c < channels; c++) {
		let v = 0;
		for (let t = 0; t < steps; t++) {
			v = 0.9 * v + (next() - 0.5) * 20000;
			samples[t * channels + c] =
				next() < 0.02 ? (next() < 0.5 ? -32768 : 32767) : Math.max(-32768, Math.min(32767, Math.round(v)));
		}
	}
	return samples;
}
