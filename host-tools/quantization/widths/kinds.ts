// The kinds of a network by name, and their widths: for callers that do not know which kinds exist.
import type { z } from "zod";
import type { Activation, Channel, Encoder, Head, Mixer, Norm, Post } from "../../../src/network/network";
import { UserError } from "../../terminal/errors";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";
import type { KindWidths } from "./kind";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import * as POSTS from "./posts";

export { ACTIVATIONS, CHANNELS, ENCODERS, HEADS, MIXERS, NORMS, POSTS };

/** The kinds of a block's stages. */
export interface BlockKinds {
	norm: { kind: Norm["kind"] };
	mixer: { kind: Mixer["kind"] };
	activation: { kind: Activation["kind"] };
	channel: { kind: Channel["kind"] };
	post: { kind: Post["kind"] };
}

/** The kinds of a network, for quantized networks and shapes alike. */
export interface NetworkKinds {
	encoder: { kind: Encoder["kind"] };
	blocks: readonly BlockKinds[];
	head: { kind: Head["kind"] };
}

/** The stages of a block in the order of the computation. */
export const STAGES = ["norm", "mixer", "activation", "channel", "post"] as const;
export type Stage = (typeof STAGES)[number];

/** Widths of an unspecified kind. */
export type AnyWidths = KindWidths<object, object, { kind: string }>;

const BLOCK_LISTS: { [S in Stage]: Partial<Record<BlockKinds[S]["kind"], unknown>> } = {
	norm: NORMS,
	mixer: MIXERS,
	activation: ACTIVATIONS,
	channel: CHANNELS,
	post: POSTS,
};
const ENCODER_LIST: Record<Encoder["kind"], unknown> = ENCODERS;
const HEAD_LIST: Record<Head["kind"], unknown> = HEADS;

/** @throws UserError on kinds that have none yet */
export function stageWidths(stage: Stage, kinds: BlockKinds): AnyWidths {
	const { kind } = kinds[stage];
	const widths = (BLOCK_LISTS[stage] as Partial<Record<string, AnyWidths>>)[kind];
	if (!widths)
		throw new UserError(`The ${stage} ${kind} has no widths yet: quantize and search do not support it.`);
	return widths;
}
export const encoderWidths = ({ kind }: { kind: Encoder["kind"] }) => ENCODER_LIST[kind] as AnyWidths;
export const headWidths = ({ kind }: { kind: Head["kind"] }) => HEAD_LIST[kind] as AnyWidths;

/** Widths of a block's stages in the order of texts and tables: weights before activations. */
export function blockWidths(kinds: BlockKinds): AnyWidths[] {
	return (["mixer", "channel", "norm", "activation", "post"] as const).map((stage) =>
		stageWidths(stage, kinds),
	);
}

/** Widths of every existing kind, in that order. */
export function allWidths(): AnyWidths[] {
	return [MIXERS, CHANNELS, ENCODERS, HEADS, NORMS, ACTIVATIONS, POSTS].flatMap(
		(list) => Object.values(list) as unknown as AnyWidths[],
	);
}

/** Precisions and shapes of the kinds of a list. */
export type PrecisionOf<List> = List[keyof List] extends infer K
	? K extends { highest: infer P }
		? P
		: never
	: never;
export type ShapeOf<List> = List[keyof List] extends infer K
	? K extends { shape: z.ZodType<infer S> }
		? S
		: never
	: never;

/** Only the kinds. */
export function kindsOf({ norm, mixer, activation, channel, post }: BlockKinds): BlockKinds {
	return {
		norm: { kind: norm.kind },
		mixer: { kind: mixer.kind },
		activation: { kind: activation.kind },
		channel: { kind: channel.kind },
		post: { kind: post.kind },
	};
}
