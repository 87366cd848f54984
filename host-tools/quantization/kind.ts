// The quantizer of a kind: one object in a file named after the kind, listed once (mixers.ts, ...).
import type { z } from "zod";
import type { Block, InputChannel, Norm, Post } from "../../src/network/network";
import type { LayerRanges, Ranges } from "./calibrate";
import type { LayerGrid } from "./grid";
import type { Precision } from "./precision";
import type { ResidualScale } from "./residual";

/** Context shared by the stages of one block. P: precision of the asking kind. */
export interface BlockContext<P> {
	/** For errors, such as "layer 0". */
	where: string;
	H: number;
	ranges: LayerRanges;
	/** With the bits of u and g, which every norm and activation has. */
	precision: P & { u: number; g: number };
	/** Scales of the residual stream before and after the block. */
	before: ResidualScale;
	after: ResidualScale;
	/** Fit and carry rounding errors; off in training. */
	compensate: boolean;
	/** Grids to use instead of the best ones; each kind reads its own fields. */
	held: LayerGrid | undefined;
}

/** Units of a block's integers, to convert them back to reals. */
export interface RealContext {
	block: Block;
	/** Scale of the residual stream before the block. */
	before: ResidualScale;
	/** (H) real size of a unit of u, negative where its sign is flipped. */
	uStep: Float64Array;
	H: number;
}

/** Storage of a kind's grid in a checkpoint's metadata. */
export interface SavedGrid<Float, Grid> {
	/** Fields of JSON. */
	fields: z.ZodRawShape;
	/** Whether the grid matches this component of a network of H heads. */
	fits(grid: Grid, part: Float, H: number): boolean;
}

export interface NormQuantizer<Float, N, Grid, P> {
	/** Its integers before a mixer, and after a channel mixer. */
	norm: Norm["kind"];
	post: Post["kind"];
	/**
	 * @returns also the real size of a unit of u (H), negative where its sign is flipped
	 * @throws RangeError naming the tensor that cannot be represented
	 */
	quantize(float: Float, context: BlockContext<P>): { norm: N; uStep: Float64Array; grid: Grid };
	/** @throws RangeError likewise */
	quantizePost(float: Float, context: BlockContext<P>): Post;
	saved: SavedGrid<Float, Grid>;
}

export interface MixerQuantizer<Float, Mixer, Units, Grid, P> {
	/**
	 * @param uStep (H) real size of a unit of u, negative where its sign is flipped
	 * @throws RangeError naming the tensor that cannot be represented
	 */
	quantize(
		float: Float,
		context: BlockContext<P>,
		uStep: Float64Array,
	): { mixer: Mixer; yFraction: number; units: Units; grid: Grid };
	saved: SavedGrid<Float, Grid>;
	/** `float` with the weights that the codes of `mixer` represent. */
	real(float: Float, mixer: Mixer, units: Units, context: RealContext): Float;
	/** Whether a state of this width gains from clipping its rarest values. */
	clips(precision: P): boolean;
	/**
	 * `float` with `keep` modes per head, and the fraction of each head's output power that is lost (H); absent: it has no
	 * modes to prune.
	 * @param drive z of some sequences, each (steps, H)
	 */
	prune?(
		float: Float,
		H: number,
		drive: readonly Float32Array[],
		keep: number,
	): { mixer: Float; lost: Float64Array };
}

export interface ActivationQuantizer<Float, Activation, P> {
	/** @param yUnit real size of a unit of y @returns also the real size of a unit of g */
	quantize(float: Float, context: BlockContext<P>, yUnit: number): { activation: Activation; gStep: number };
}

/** Context of a channel mixer. */
export interface UnitsOfValues {
	/** Real size of a unit of g, and its code for 0. */
	gStep: number;
	zero: number;
	/** Real size of a unit of y. */
	yUnit: number;
}

export interface ChannelQuantizer<Float, Channel, Grid, P> {
	quantize(float: Float, context: BlockContext<P>, units: UnitsOfValues): { channel: Channel; grid: Grid };
	saved: SavedGrid<Float, Grid>;
	/** `float` with the weights that the codes of `channel` represent. */
	real(float: Float, channel: Channel, context: RealContext): Float;
}

/** Context of an encoder. */
export interface EncoderContext {
	H: number;
	/** (channels) each: the float encoder sees (x - mean) / std. */
	inputMean: Float64Array;
	inputStd: Float64Array;
	ranges: Ranges;
	/** Of its codes. */
	bits: number;
	/** Scale of the residual stream before the first block. */
	first: ResidualScale;
	/** (H) fixed steps of its codes, real. */
	held: Float64Array | undefined;
}

/** Input scaling of a channel: physical = sample scale + offset. */
export type InputScaling = Pick<InputChannel, "scale" | "offset">;

export interface EncoderQuantizer<Float, Encoder> {
	/**
	 * @returns also the input scaling of each channel, and the real steps of its codes (H)
	 * @throws RangeError naming the tensor that cannot be represented
	 */
	quantize(
		float: Float,
		context: EncoderContext,
	): { encoder: Encoder; input: InputScaling[]; grid: Float64Array };
}

/** Context of a head. */
export interface HeadContext {
	H: number;
	input: readonly InputChannel[];
	ranges: Ranges;
	precision: Precision;
	/** Of the residual stream after the last block. */
	last: ResidualScale;
	compensate: boolean;
	/** Fixed steps of the rows, in real units. */
	held: Float64Array | undefined;
}

/** A head's integers in training's units: unit * integer + zero; (outputs) each. */
export interface OutputUnits {
	unit: Float64Array;
	zero: Float64Array;
}

export interface HeadQuantizer<Float, Head> {
	/** @returns also the steps of its rows in real units */
	quantize(float: Float, context: HeadContext): { head: Head; grid: Float64Array; units: OutputUnits };
	/** `float` with the weights that the codes of `head` represent. */
	real(float: Float, head: Head, last: ResidualScale, H: number): Float;
	/**
	 * Squared distance between outputs and the float network's, in what results depend on; at least that of rounding one unit.
	 * @param outputs those of one sequence, as many as `real`
	 */
	distance(head: Head, real: Float64Array, outputs: ArrayLike<number>): number;
	/** A head that outputs what the decoder sees, (H); absent: its map is not fitted (fit-head.ts). */
	seen?(float: Float, H: number): Float;
	/** Name of the output maximum among the ranges in a checkpoint's metadata. */
	savedOutput: string;
}
