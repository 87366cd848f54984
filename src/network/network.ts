// A quantized network: an encoder, blocks and a head, in the integers of the project's arithmetic, one unpacked typed array per
// tensor. Not its bytes (src/blob) and not its computation (src/reference).
//
//     residual = encoder(sample)
//     for each block:  u = norm(residual);  y = mixer(u);  g = activation(y);  residual = post(residual + channel(g))
//     results = head(residual, pooled over time)
//
// Shapes: H heads (the width of the residual stream); sizes of a mixer, such as N modes per head, are its own. A scale per row or
// head is the 8-bit float of `applyCoarseScale`, one per tensor the 16-bit float of `applyScale`. Arrays are row-major.
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import type { Detector } from "./detector";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";
import type { EncoderKind, HeadKind, Kind, MixerKind, Stored, Surroundings } from "./kind";
import { getPath } from "./layout";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import * as POSTS from "./posts";
import type { Reporting } from "./stream";

export { LIMITS } from "./limits";
export { ACTIVATIONS, CHANNELS, ENCODERS, HEADS, MIXERS, NORMS, POSTS };

/** Union of the kinds of a list. */
type Described<List> = List[keyof List] extends infer K
	? K extends { prove(where: string, part: infer T, ...rest: never[]): void }
		? T
		: never
	: never;

export type Encoder = Described<typeof ENCODERS>;
export type Norm = Described<typeof NORMS>;
export type Mixer = Described<typeof MIXERS>;
export type Activation = Described<typeof ACTIVATIONS>;
export type Channel = Described<typeof CHANNELS>;
export type Post = Described<typeof POSTS>;
export type Head = Described<typeof HEADS>;

/** One block: quantizes the residual stream, mixes it over time, then over channels, and adds the result to the stream. */
export interface Block {
	norm: Norm;
	mixer: Mixer;
	/** Fractional bits of y, the int16 between mixer and activation; 3 to 12. */
	yFraction: number;
	activation: Activation;
	channel: Channel;
	/** Norm of the stream afterwards; `none` in most networks. */
	post: Post;
}

/** One input channel: physical = sample scale + offset; a sample is clamped to +-32767. */
export interface InputChannel {
	name: string; // "": unnamed
	unit: string; // "": none stated
	scale: number; // float32, positive
	offset: number; // float32
}

/** A sequence with its exact expected outputs. */
export interface GoldenVector {
	samples: Int16Array; // (steps, channels)
	outputs: Int32Array; // (outputs of the head), or (steps, outputs) where it has them at every step
}

/** Everything a device needs. */
export interface Network {
	/** Version of the model, for rollback protection; 0: none stated. */
	version: number;
	H: number;
	/** The residual stream saturates to this many bits, 8 to 16. */
	residualBits: number;
	/** The dither's seed at reset. */
	ditherSeed: number;
	/** Steps of the sequences that the model was made for; 0: any. */
	steps: number;
	/** Samples per second that the model was made for; 0: unknown. */
	rate: number;
	input: InputChannel[];
	encoder: Encoder;
	blocks: Block[];
	head: Head;
	/** Names of the head's outputs. */
	labels: string[];
	/** Conversion of a stream's results to reports. */
	stream?: Reporting;
	/** Detection of abnormal data by forecasts. */
	detector?: Detector;
	/** Provenance, as text for people and tools (JSON); devices never read it. */
	notes: string;
	golden: GoldenVector[];
}

export const encoderKind = (encoder: Encoder) => ENCODERS[encoder.kind] as EncoderKind<Encoder>;
export const normKind = (norm: Norm) => NORMS[norm.kind] as Kind<Norm>;
export const mixerKind = (mixer: Mixer) => MIXERS[mixer.kind] as MixerKind<Mixer>;
const activationKind = (activation: Activation) => ACTIVATIONS[activation.kind] as Kind<Activation>;
export const channelKind = (channel: Channel) => CHANNELS[channel.kind] as Kind<Channel>;
const postKind = (post: Post) => POSTS[post.kind] as Kind<Post>;
export const headKind = (head: Head) => HEADS[head.kind] as HeadKind<Head>;

/** The stages of a block in order, with their kinds. */
export function stages({ norm, mixer, activation, channel, post }: Block) {
	return [
		{ name: "norm", part: norm, kind: normKind(norm) },
		{ name: "mixer", part: mixer, kind: mixerKind(mixer) },
		{ name: "activation", part: activation, kind: activationKind(activation) },
		{ name: "channel", part: channel, kind: channelKind(channel) },
		{ name: "post", part: post, kind: postKind(post) },
	] as { name: keyof Block; part: Norm | Mixer | Activation | Channel | Post; kind: Kind<unknown> }[];
}

/** The version of the arithmetic that defines a component and its nested one. */
function versionOf({ arithmetic, later, layout: { inner } }: Stored, part: object): number {
	const own = Math.max(arithmetic, later?.(part as never) ?? arithmetic);
	if (!inner) return own;
	const inside = getPath(part, inner.path) as { kind: string };
	return Math.max(own, versionOf(inner.kinds[inside.kind] as Stored, inside));
}

/** The lowest version of the arithmetic that defines all kinds of a network. */
export function arithmeticVersion({
	encoder,
	blocks,
	head,
}: Pick<Network, "encoder" | "blocks" | "head">): number {
	return Math.max(
		versionOf(encoderKind(encoder), encoder),
		...blocks.flatMap((block) => stages(block).map(({ kind, part }) => versionOf(kind, part))),
		versionOf(headKind(head), head),
	);
}

/** The formats around a block's components. */
export function surroundings(network: Pick<Network, "H" | "residualBits">, block: Block): Surroundings {
	return {
		H: network.H,
		uMax: 2 ** (block.norm.bits - 1) - 1,
		gMax: 2 ** (block.activation.bits - 1),
		residualMax: 2 ** (network.residualBits - 1) - 1,
	};
}
