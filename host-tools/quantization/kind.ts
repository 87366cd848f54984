// What is asked of the quantizer of a kind. It is one object in a file named after the kind; a list (mixers.ts, ...) names it
// once.
import type { z } from "zod";
import type { Block, InputChannel, Norm, Post } from "../../src/network/network";
import type { LayerRanges, Ranges } from "./calibrate";
import type { LayerGrid } from "./grid";
import type { Precision } from "./precision";
import type { ResidualScale } from "./residual";

/** What the stages of one block share. P: precision of the kind that asks. */
export interface BlockContext<P> {
	/** For errors, such as "layer 0". */
	where: string;
	H: number;
	ranges: LayerRanges;
	/** With the bits of u and g, which every norm and activation has. */
	precision: P & { u: number; g: number };
	/** What the residual stream's integers mean in front of the block, and after it. */
	before: ResidualScale;
	after: ResidualScale;
	/** Fit and carry rounding errors; off for training. */
	compensate: boolean;
	/** Grids to take instead of the best ones; each kind finds its own fields in it. */
	held: LayerGrid | undefined;
}

/** What a block's integers mean, for turning them into real numbers again. */
export interface RealContext {
	block: Block;
	/** Real meaning of the residual stream in front of the block. */
	before: ResidualScale;
	/** (H) real size of a unit of u, negative where its sign is turned. */
	uStep: Float64Array;
	H: number;
}

/** How the grid of a kind is kept in a checkpoint's metadata. */
export interface SavedGrid<Float, Grid> {
	/** Fields of JSON. */
	fields: z.ZodRawShape;
	/** Whether the grid is one of this part of a network of H heads. */
	fits(grid: Grid, part: Float, H: number): boolean;
}

export interface NormQuantizer<Float, N, Grid, P> {
	/** What it becomes before a mixer, and after a channel mixer. */
	norm: Norm["kind"];
	post: Post["kind"];
	/**
	 * @returns also the real size of a unit of u (H), negative where its sign is turned
	 * @throws RangeError naming the tensor that cannot be represented
	 */
	quantize(float: Float, context: BlockContext<P>): { norm: N; uStep: Float64Array; grid: Grid };
	/** @throws RangeError likewise */
	quantizePost(float: Float, context: BlockContext<P>): Post;
	saved: SavedGrid<Float, Grid>;
}

export interface MixerQuantizer<Float, Mixer, Units, Grid, P> {
	/**
	 * @param uStep (H) real size of a unit of u, negative where its sign is turned
	 * @throws RangeError naming the tensor that cannot be represented
	 */
	quantize(
		float: Float,
		context: BlockContext<P>,
		uStep: Float64Array,
	): { mixer: Mixer; yFraction: number; units: Units; grid: Grid };
	saved: SavedGrid<Float, Grid>;
	/** `float` with the weights that the codes of `mixer` stand for. */
	real(float: Float, mixer: Mixer, units: Units, context: RealContext): Float;
	/** Whether a state of these bits is worth more when its rarest values are clipped. */
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

/** What a channel mixer is given. */
export interface UnitsOfValues {
	/** Real size of a unit of g, and the code that means 0. */
	gStep: number;
	zero: number;
	/** Real size of a unit of y. */
	yUnit: number;
}

export interface ChannelQuantizer<Float, Channel, Grid, P> {
	quantize(float: Float, context: BlockContext<P>, units: UnitsOfValues): { channel: Channel; grid: Grid };
	saved: SavedGrid<Float, Grid>;
	/** `float` with the weights that the codes of `channel` stand for. */
	real(float: Float, channel: Channel, context: RealContext): Float;
}

/** What an encoder is quantized with. */
export interface EncoderContext {
	H: number;
	/** (channels) each: the float encoder sees (x - mean) / std. */
	inputMean: Float64Array;
	inputStd: Float64Array;
	ranges: Ranges;
	/** Of its codes. */
	bits: number;
	/** Of the residual stream in front of the first block. */
	first: ResidualScale;
	/** (H) real steps of its codes, when they are not to be chosen. */
	held: Float64Array | undefined;
}

/** What a sample of a channel means: physical = sample scale + offset. */
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

/** What a head is quantized with. */
export interface HeadContext {
	H: number;
	input: readonly InputChannel[];
	ranges: Ranges;
	precision: Precision;
	/** Of the residual stream after the last block. */
	last: ResidualScale;
	compensate: boolean;
	/** Steps of the rows in real units, when they are not to be chosen. */
	held: Float64Array | undefined;
}

/** What a head's integers are in what training fits: unit integer + zero; (outputs) each. */
export interface OutputUnits {
	unit: Float64Array;
	zero: Float64Array;
}

export interface HeadQuantizer<Float, Head> {
	/** @returns also the steps of its rows in real units */
	quantize(float: Float, context: HeadContext): { head: Head; grid: Float64Array; units: OutputUnits };
	/** `float` with the weights that the codes of `head` stand for. */
	real(float: Float, head: Head, last: ResidualScale, H: number): Float;
	/**
	 * Squared distance of outputs from the float network's, in what answers depend on; at least that of a unit's rounding.
	 * @param outputs those of one sequence, as many as `real`
	 */
	distance(head: Head, real: Float64Array, outputs: ArrayLike<number>): number;
	/** Name of the greatest output among the ranges that a checkpoint's metadata keep. */
	savedOutput: string;
}
