// The float network as host tools see it: kinds with plain arrays in PyTorch's order, independent of the source file. Not the
// quantized network (src/network) and not a file format (host-tools/checkpoints).
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";
import type {
	FloatActivationKind,
	FloatChannelKind,
	FloatEncoderKind,
	FloatHeadKind,
	FloatKind,
	FloatMixerKind,
	FloatNormKind,
	FloatSizes,
	Tensor,
} from "./kind";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";

/** Union of the kinds of a list. */
type Described<List> = List[keyof List] extends infer K
	? K extends { tensors(part: infer T, ...rest: never[]): Tensor[] }
		? T
		: never
	: never;

export type FloatEncoder = Described<typeof ENCODERS>;
export type FloatNorm = Described<typeof NORMS>;
export type FloatMixer = Described<typeof MIXERS>;
export type FloatActivation = Described<typeof ACTIVATIONS>;
export type FloatChannel = Described<typeof CHANNELS>;
export type FloatHead = Described<typeof HEADS>;

/** Where the norm is: "before" is pre-norm, x + f(norm(x)); "after" post-norm, norm(x + f(x)). */
export type Placement = "before" | "after";

/** One residual block: f is mixer, activation, channel mixer. */
export interface FloatBlock {
	placement: Placement;
	norm: FloatNorm;
	mixer: FloatMixer;
	activation: FloatActivation;
	channel: FloatChannel;
}

/** Norm before a block's mixer and after its residual addition; one of them is none. */
export function normsOf({ placement, norm }: Pick<FloatBlock, "placement" | "norm">): {
	before: FloatNorm;
	after: FloatNorm;
} {
	const nothing: FloatNorm = { kind: "none" };
	return placement === "before" ? { before: norm, after: nothing } : { before: nothing, after: norm };
}

/** An entire float network. All arrays are row-major. */
export interface FloatModel {
	/** Heads: the width of the residual stream. */
	H: number;
	channels: number;
	/** The encoder sees (x - mean) / std per channel; both (channels). Mean 0 and std 1 for already normalized data. */
	inputMean: Float64Array;
	inputStd: Float64Array;
	encoder: FloatEncoder;
	blocks: FloatBlock[];
	head: FloatHead;
	/** Names of the outputs, or their numbers as text. */
	labels: string[];
	/** Free text from the file's metadata, kept when the model is written again. */
	metadata: Record<string, string>;
}

export const floatEncoderKind = (part: FloatEncoder) => ENCODERS[part.kind] as FloatEncoderKind<FloatEncoder>;
export const floatNormKind = (part: FloatNorm) => NORMS[part.kind] as FloatNormKind<FloatNorm>;
export const floatMixerKind = (part: FloatMixer) => MIXERS[part.kind] as FloatMixerKind<FloatMixer>;
export const floatActivationKind = (part: FloatActivation) =>
	ACTIVATIONS[part.kind] as FloatActivationKind<FloatActivation>;
export const floatChannelKind = (part: FloatChannel) => CHANNELS[part.kind] as FloatChannelKind<FloatChannel>;
export const floatHeadKind = (part: FloatHead) => HEADS[part.kind] as FloatHeadKind<FloatHead>;

/** Numbers per result. */
export function outputsOf({ head }: FloatModel): number {
	return floatHeadKind(head).outputs(head);
}

export function sizesOf(model: FloatModel): FloatSizes {
	return { H: model.H, channels: model.channels, outputs: outputsOf(model) };
}

/** A part of a network with its kind; `l` is the number of its block. */
export interface Placed {
	part: object;
	kind: FloatKind<unknown>;
	l: number;
}

/** A block's parts in the order of their parameters: as in a checkpoint, the norm's come last. */
export function partsOf({ norm, mixer, activation, channel }: FloatBlock, l: number): Placed[] {
	return [
		{ part: mixer, kind: floatMixerKind(mixer), l },
		{ part: activation, kind: floatActivationKind(activation), l },
		{ part: channel, kind: floatChannelKind(channel), l },
		{ part: norm, kind: floatNormKind(norm), l },
	] as Placed[];
}

/** All parts of a network: encoder, blocks, head. */
export function allParts({ encoder, blocks, head }: FloatModel): Placed[] {
	return [
		{ part: encoder, kind: floatEncoderKind(encoder), l: 0 },
		...blocks.flatMap(partsOf),
		{ part: head, kind: floatHeadKind(head), l: 0 },
	] as Placed[];
}

/** A component with its tensors changed by `change`. */
function changePart<T extends object>(
	part: T,
	kind: FloatKind<unknown>,
	sizes: FloatSizes,
	change: (values: Float64Array, tensor: Tensor) => Float64Array,
): T {
	const changed: Record<string, Float64Array> = {};
	for (const tensor of kind.tensors(part, sizes, 0))
		for (const field of tensor.fields)
			changed[field] = change((part as unknown as Record<string, Float64Array>)[field]!, tensor);
	return { ...part, ...changed };
}

/** A copy whose tensors are changed, visited in the order of `allParts`. */
export function changeTensors(
	model: FloatModel,
	change: (values: Float64Array, tensor: Tensor) => Float64Array,
): FloatModel {
	const sizes = sizesOf(model);
	const changed = <T extends object>(part: T, kind: unknown): T =>
		changePart(part, kind as FloatKind<unknown>, sizes, change);
	const encoder = changed(model.encoder, floatEncoderKind(model.encoder));
	const blocks = model.blocks.map((block): FloatBlock => {
		const mixer = changed(block.mixer, floatMixerKind(block.mixer));
		const activation = changed(block.activation, floatActivationKind(block.activation));
		const channel = changed(block.channel, floatChannelKind(block.channel));
		const norm = changed(block.norm, floatNormKind(block.norm));
		return { ...block, mixer, activation, channel, norm };
	});
	return { ...model, encoder, blocks, head: changed(model.head, floatHeadKind(model.head)) };
}

/** Trainable parameters, counted as PyTorch counts them: running statistics and input normalization are not parameters. */
export function parameterCount(model: FloatModel): number {
	let count = 0;
	changeTensors(model, (values, { role }) => {
		if (role === "parameter") count += values.length;
		return values;
	});
	return count;
}

/** Numbers of the state of all mixers. */
export function stateCount({ H, blocks }: FloatModel): number {
	return blocks.reduce((sum, { mixer }) => sum + floatMixerKind(mixer).stateValues(mixer, H), 0);
}

/** Multiply-accumulates per step, counted as for its integer counterpart. */
export function floatMacs(model: FloatModel): number {
	const { H, encoder, blocks } = model;
	return blocks.reduce(
		(sum, { mixer, channel }) =>
			sum + floatMixerKind(mixer).macs(mixer, H) + floatChannelKind(channel).macs(channel, H),
		floatEncoderKind(encoder).macs(encoder, sizesOf(model)),
	);
}
