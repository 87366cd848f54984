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

/** Instructions that a layer takes, for each code that is read. */
interface Coefficients {
	/** At A=16, B, C, D and weights 8 bits: a mode, a weight of value and gate, a head. */
	mode: number;
	weight: number;
	head: number;
	/** More for each mode, code of C and weight, by its width. */
	A: { cartesian16: number; cartesian: number; polar: number };
	B: Record<number, number>;
	C: Record<number, number>;
	W: Record<number, number>;
}

/**
 * Instructions on RV32IMC, from docs/PERFORMANCE.md (16 heads, 8 modes, 3 layers). To refit after the kernel changed: run
 * benchmarks/kernel-rv32.ts, and for each line KEY=WIDTH divide what it takes more than the first line by the codes of KEY
 * that a step reads (A, B: L H N; C: 2 L H N; W: 2 L H H + H channels); `together` from "16 samples a call", `single` from "1 a
 * call". One shape cannot tell mode, weight and head of the first line apart: their split is an estimate, their sum is not.
 * D's width costs nothing that shows.
 */
const STEP = 500;
const DITHER = 8.6; // a mode
/** Layers whose state has 16 bits and is rounded to nearest take four steps together, which unpacks rows once for all. */
const TOGETHER: Coefficients = {
	mode: 26,
	weight: 4,
	head: 140.7,
	A: { cartesian16: 0, cartesian: 11, polar: 18.3 },
	B: { 8: 0, 4: 3.7 },
	C: { 8: 0, 6: 2.7, 4: 2.25, 3: 2.4, 2: 2.3 },
	W: { 8: 0, 6: 2, 4: 1.6, 3: 1.8, 2: 1.6 },
};
const SINGLE: Coefficients = {
	mode: 48,
	weight: 6.6,
	head: 192,
	A: { cartesian16: 0, cartesian: 44, polar: 73.3 },
	B: { 8: 0, 4: 15 },
	C: { 8: 0, 6: 10.8, 4: 9, 3: 9.7, 2: 9.1 },
	W: { 8: 0, 6: 8.1, 4: 6.4, 3: 7.1, 2: 6.5 },
};

/** Instructions of one step in calls of many samples, from the table: a model, not a count. */
export function instructionsOf({ H, N, channels }: Shape, precision: Precision): number {
	let sum = STEP + H * channels * (TOGETHER.weight + TOGETHER.W[precision.encoder]!);
	for (const layer of precision.layers) {
		const c = layer.x > 8 && layer.rounding === "nearest" ? TOGETHER : SINGLE;
		const A = layer.A.format === "polar" ? c.A.polar : layer.A.bits === 16 ? c.A.cartesian16 : c.A.cartesian;
		const dither = layer.rounding === "dithered" ? DITHER : 0;
		sum +=
			H * c.head +
			H * N * (c.mode + A + dither + c.B[layer.B]! + 2 * c.C[layer.C]!) +
			H * H * (2 * c.weight + c.W[layer.value]! + c.W[layer.gate]!);
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
