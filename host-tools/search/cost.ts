// What a choice of widths costs: bytes in flash and of the arena exactly, from the layout that writer and kernel share;
// instructions a step on RV32IMC from a table of coefficients.
import { arenaLayout, layerLayout, linearBytes } from "../../src/model/blob-layout";
import type { PoolingName, QuantizedNetwork, S4dLayer } from "../../src/model/network";
import type { LayerPrecision, Precision } from "../quantization/precision";

/** Shapes of a network, as far as costs depend on them. */
export interface Shape {
	H: number;
	N: number;
	L: number;
	channels: number;
	classes: number;
	pooling: PoolingName;
}

export interface Cost {
	/** Bytes of the sections encoder, layers and decoder. */
	parameters: number;
	/** Bytes of the arena. */
	arena: number;
	/** Instructions of one step on RV32IMC. */
	instructions: number;
}

/** A layer as the layout sees it: widths without codes. */
function widthsOnly({ A, x, rounding, B, C, D, value, gate }: LayerPrecision, H: number): S4dLayer {
	const map = (bits: number) => ({ rows: H, columns: H, bits });
	const layer = {
		kind: "s4d",
		A,
		x: { bits: x, rounding },
		B: { bits: B },
		C: { bits: C },
		D: { bits: D },
		value: map(value),
		gate: map(gate),
	};
	return layer as unknown as S4dLayer;
}

/** Bytes of the arena by purpose. */
export function arenaOf(shape: Shape, precision: Precision): ReturnType<typeof arenaLayout> {
	const { H, N, channels, classes, pooling } = shape;
	const map = (rows: number, columns: number, bits: number) => ({ rows, columns, bits });
	return arenaLayout({
		H,
		N,
		channels,
		pooling,
		layers: precision.layers.map((layer) => widthsOnly(layer, H)),
		encoder: map(H, channels, precision.encoder),
		decoder: map(classes, H, precision.decoder),
	} as QuantizedNetwork);
}

/** Bytes of the sections encoder, layers and decoder. */
export function parameterBytes(shape: Shape, precision: Precision): number {
	const { H, N, channels, classes } = shape;
	return (
		linearBytes({ rows: H, columns: channels, bits: precision.encoder }) +
		precision.layers.reduce((sum, layer) => sum + layerLayout(widthsOnly(layer, H), H, N).length, 0) +
		linearBytes({ rows: classes, columns: H, bits: precision.decoder })
	);
}

/**
 * Instructions on RV32IMC, fitted to what benchmarks/kernel-rv32.ts counts. To refit after the kernel changed: run it, and
 * for each line KEY=WIDTH divide (its figure "a step, 16 a call" - that of the first line) by the codes of KEY that a step
 * reads (A, B: L H N; C: 2 L H N; D: L H; W: 2 L H H + H channels); what remains of the first line is BASE.
 */
const INSTRUCTIONS = {
	/** At A=16, x=16n, everything else 8 bits: a mode, a weight of a linear map, a head of a layer, a step. */
	BASE: { mode: 38, weight: 5.6, head: 150, step: 400 },
	/** More than BASE for each code that is read, by its width. */
	A: { cartesian16: 0, cartesian: 15, polar: 60 },
	x: { dithered: 13, narrow: 0 },
	B: { 8: 0, 4: 6 } as Record<number, number>,
	C: { 8: 0, 6: 4, 4: 2.5, 3: 5, 2: 2.5 } as Record<number, number>,
	D: { 8: 0, 6: 20, 4: 12, 3: 22, 2: 12 } as Record<number, number>,
	W: { 8: 0, 6: 4, 4: 2.5, 3: 5, 2: 2.5 } as Record<number, number>,
};

/** Instructions of one step, from the table: a model that is a few per cent off, not a count. */
export function instructionsOf({ H, N, L, channels }: Shape, precision: Precision): number {
	const { BASE, A, x, B, C, D, W } = INSTRUCTIONS;
	let sum =
		BASE.step +
		L * (H * BASE.head + H * N * BASE.mode + 2 * H * H * BASE.weight) +
		H * channels * (BASE.weight + W[precision.encoder]!);
	for (const layer of precision.layers) {
		const forA = layer.A.format === "polar" ? A.polar : layer.A.bits === 16 ? A.cartesian16 : A.cartesian;
		const forX = (layer.rounding === "dithered" ? x.dithered : 0) + (layer.x <= 8 ? x.narrow : 0);
		sum +=
			H * N * (forA + forX + B[layer.B]! + 2 * C[layer.C]!) +
			H * D[layer.D]! +
			H * H * (W[layer.value]! + W[layer.gate]!);
	}
	return Math.round(sum);
}

/** All costs of a choice. */
export function costOf(shape: Shape, precision: Precision): Cost {
	return {
		parameters: parameterBytes(shape, precision),
		arena: arenaOf(shape, precision).total,
		instructions: instructionsOf(shape, precision),
	};
}
