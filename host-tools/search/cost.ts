// What a choice of widths costs: bytes in flash and of the arena exactly, from the layout that writer and kernel share;
// instructions a step on RV32IMC from a model that is fitted to counts.
import { align4, arenaLayout, layerLayout, linearBytes } from "../../src/model/blob-layout";
import type { PoolingName, QuantizedNetwork, S4dLayer } from "../../src/model/network";
import type { LayerPrecision, Precision } from "../quantization/precision";
import { COEFFICIENTS } from "./coefficients";

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
	/** Bytes of the sections encoder, layers and decoder with what fills them up to multiples of four. */
	parameters: number;
	/** Bytes of the arena. */
	arena: number;
	/** Instructions of one step on RV32IMC. */
	instructions: number;
}

/** A layer as the layout sees it: widths without codes. */
function widthsOnly({ A, x, rounding, B, C, D, value, gate, bias }: LayerPrecision, H: number): S4dLayer {
	const map = (bits: number) => ({ rows: H, columns: H, bits, biasBits: bias });
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

/** Bytes of the sections encoder, layers and decoder with what fills them up to multiples of four. */
export function parameterBytes(shape: Shape, precision: Precision): number {
	const { H, N, channels, classes } = shape;
	return (
		align4(linearBytes({ rows: H, columns: channels, bits: precision.encoder, biasBits: 16 })) +
		precision.layers.reduce((sum, layer) => sum + layerLayout(widthsOnly(layer, H), H, N).length, 0) +
		align4(linearBytes({ rows: classes, columns: H, bits: precision.decoder, biasBits: 16 }))
	);
}

/** Up to so many heads the kernel takes up to sixteen steps of every layer together (ESSM_BLOCK_HEADS). */
const BLOCK_HEADS = 32;

/**
 * What a step does and how often, by name; instructions are these counts times coefficients.ts. Names begin with the way that
 * the kernel goes: "blocks" of up to sixteen steps, or "single" steps where more heads stand than its stack holds blocks of.
 */
export function workOf({ H, N, channels }: Shape, { encoder, layers }: Precision): Record<string, number> {
	const way = H <= BLOCK_HEADS ? "blocks" : "single";
	const work: Record<string, number> = {};
	const add = (name: string, count: number) => {
		const key = `${way}: ${name}`;
		work[key] = (work[key] ?? 0) + count;
	};
	add("step", 1);
	add("encoder row", H);
	add("encoder weight", H * channels);
	if (encoder !== 8) add("packed encoder weight", H * channels);
	for (const { A, B, C, value, gate, x, rounding } of layers) {
		add("layer", 1);
		add("head", H);
		add("mode", H * N);
		if (A.format === "polar") add("polar A", H * N);
		else if (A.bits !== 16) add("packed A", H * N);
		if (B !== 8) add(`B of ${B} bits`, H * N);
		if (C !== 8) add(`C of ${C} bits`, 2 * H * N);
		add("weight", 2 * H * H);
		for (const bits of [value, gate]) if (bits !== 8) add(`weight of ${bits} bits`, H * H);
		const packed = [A.format === "polar" || A.bits !== 16, B !== 8, C !== 8, value !== 8, gate !== 8];
		add("packed row", H * packed.filter(Boolean).length);
		if (x <= 8) add("narrow mode", H * N);
		if (rounding === "dithered") add("dithered mode", H * N);
	}
	return work;
}

/** Instructions of one step on RV32IMC in calls of many samples: a model, fitted to counts, not a count. */
export function instructionsOf(shape: Shape, precision: Precision, coefficients = COEFFICIENTS): number {
	const work = Object.entries(workOf(shape, precision));
	return Math.round(work.reduce((sum, [name, count]) => sum + count * (coefficients[name] ?? 0), 0));
}

/** All costs of a choice. */
export function costOf(shape: Shape, precision: Precision): Cost {
	return {
		parameters: parameterBytes(shape, precision),
		arena: arenaOf(shape, precision).total,
		instructions: instructionsOf(shape, precision),
	};
}
