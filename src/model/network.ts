// What a quantized network is: the integers of edge-ssm.int.v2 and nothing else, one typed array a tensor, unpacked. Not
// its bytes in flash (blob-layout.ts, write-blob.ts, read-blob.ts) and not how it is computed (src/reference).
//
// Shapes: L layers, H heads, N complex modes a head. A scale of rows and heads is the 8-bit float of `applyCoarseScale`, one of
// a layer the 16-bit float of `applyScale`. "preshift" is a rounding shift that brings an accumulator under 2^22 before its
// scale. All arrays are row-major.
import type { PHI } from "../fixed-point/tables";

export type ActivationName = Exclude<keyof typeof PHI, "sigmoid">;
export type PoolingName = "mean" | "last";

/** Precisions of linear weights, C and D. */
export const WEIGHT_BITS = Object.freeze([2, 3, 4, 6, 8]);

/** rows x columns weights of `bits` bits in two's complement; out = applyCoarseScale(roundShift(acc, preshift), scale[row]) + bias[row]. */
export interface Linear {
	rows: number;
	columns: number;
	bits: number;
	weights: Int8Array; // (rows, columns)
	preshift: number; // 0 to 30
	scale: Uint8Array; // (rows)
	biasBits: 8 | 16;
	biasShift: number; // 0 to 8; 0 at 16 bits
	bias: Int16Array; // (rows), in units of the output: a code of biasBits times 2^biasShift
}

/** Abar as codes of `bits` bits (6 to 16), Abar = code * 2^(1 - bits). */
export interface CartesianA {
	format: "cartesian";
	bits: number;
	codes: Int16Array; // (H, N, 2): real, imaginary
}

/**
 * Abar as a radius on a logarithmic scale, exp(-2^(1 - i / 16)) with i = radiusOffset[h] + code * radiusStep, and a phase beside
 * the mode's place in a harmonic series, (n + code / 2^phaseShift) * phaseBase[h].
 */
export interface PolarA {
	format: "polar";
	radiusBits: number; // 1 to 8
	phaseBits: number; // 2 to 12
	radiusStep: number; // 0 to 255
	phaseShift: number; // 0 to 10
	radius: Uint8Array; // (H, N)
	phase: Int16Array; // (H, N), two's complement
	radiusOffset: Uint8Array; // (H), a multiple of 4, at most 252
	phaseBase: Uint16Array; // (H), code of `phaseBaseValue`, 10 bits
}

/** The precisions of a layer that are not lengths of stored codes. */
export interface S4dLayer {
	kind: "s4d";
	A: PolarA | CartesianA;
	/**
	 * Input gain of each mode. 8 bits: a number 0 to 255; 4 bits: an index into GAIN; shifted left by shift[h]. 2 and 0 bits:
	 * half-octaves beyond what follows from Abar and shift[h] (derivedGain); of 0 bits all codes are 0.
	 */
	B: { bits: 0 | 2 | 4 | 8; codes: Uint8Array /* (H, N) */; shift: Uint8Array /* (H), 0 to 31 */ };
	/** Output map of each mode, real and imaginary; the sum over a head is scaled by scale[h] into y. */
	C: { bits: number; codes: Int8Array /* (H, N, 2) */; preshift: number; scale: Uint8Array /* (H) */ };
	/** Direct term, scaled into y by one scale. */
	D: { bits: number; codes: Int8Array /* (H) */; scale: number };
	/** State: saturated to `bits` (4 to 16), rounded to nearest or dithered. */
	x: { bits: number; rounding: "nearest" | "dithered" };
	/** SSM input: BatchNorm and quantization in one: applyCoarseScale(residual - zero, scale) saturated to `bits` (4 to 8). */
	u: {
		bits: number;
		scale: Uint8Array /* (H) */;
		zero: Int32Array /* (H), the residual for which u is 0: an int16 times 2^zeroShift[h] */;
		zeroShift: Uint8Array /* (H), 0 to 6 */;
	};
	/** Fractional bits of y, the int16 that the activation sees. */
	yFraction: number; // 3 to 12
	/** Activation output as codes of `bits` (4 to 8) bits: applyScale(value, scale) - zero. */
	g: { bits: number; scale: number; zero: number /* -128 to 127 */ };
	value: Linear; // H x H, out: 2^valueShift units of the residual
	valueShift: number; // 0 to 8
	gate: Linear; // H x H, out: gateFraction fractional bits
	gateFraction: number; // 3 to 12
}

/** The closed union of layers; an S5 layer would join here. */
export type Layer = S4dLayer;

/** A sequence with the exact logits that it must give. */
export interface GoldenVector {
	samples: Int16Array; // (steps, channels)
	logits: Int32Array; // (classes)
}

/** Everything that the device needs to know. */
export interface QuantizedNetwork {
	H: number;
	N: number;
	channels: number;
	classes: number;
	pooling: PoolingName;
	activation: ActivationName;
	/** The residual stream saturates to this many bits, 8 to 16. */
	residualBits: number;
	/** The dither's seed at reset. */
	ditherSeed: number;
	encoder: Linear; // H x channels
	layers: Layer[];
	decoder: Linear; // classes x H; bias and output in logit units
	/** A logit is an integer in units of 2^-logitFraction. */
	logitFraction: number;
	/** sample = round((physical - offset) / scale), clamped to +-32767. */
	input: { scale: Float32Array; offset: Float32Array };
	/** Steps of the sequences that the model was made for; 0: any. */
	steps: number;
	/** Samples a second that the model was made for; 0: unknown. */
	rate: number;
	labels: string[];
	/** What made it, as text for people and tools (JSON); the device never reads it. */
	notes: string;
	golden: GoldenVector[];
}

/** Hard limits of reader, writer and kernel alike. */
export const LIMITS = Object.freeze({
	H: 1024,
	N: 256,
	L: 32,
	channels: 256,
	classes: 1024,
	/** Longest sequence under mean pooling: 65,536 * 32,767 fits int32. */
	meanSteps: 65536,
	blobBytes: 1 << 24,
} as const);
