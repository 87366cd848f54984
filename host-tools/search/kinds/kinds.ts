// What a search needs from the kinds of a network, by name.
import type { Activation, Channel, Encoder, Head, Mixer, Norm, Post } from "../../../src/network/network";
import { type BlockKinds, type NetworkKinds, STAGES, type Stage } from "../../quantization/widths/kinds";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";
import type { MixerSearch, SearchKind } from "./kind";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import * as POSTS from "./posts";

/** A kind of any type. */
export type AnySearch = SearchKind<object, object>;

const NORM_LIST: Partial<Record<Norm["kind"], unknown>> = NORMS;
const MIXER_LIST: Partial<Record<Mixer["kind"], unknown>> = MIXERS;
const ACTIVATION_LIST: Partial<Record<Activation["kind"], unknown>> = ACTIVATIONS;
const CHANNEL_LIST: Partial<Record<Channel["kind"], unknown>> = CHANNELS;
const POST_LIST: Record<Post["kind"], unknown> = POSTS;
const ENCODER_LIST: Record<Encoder["kind"], unknown> = ENCODERS;
const HEAD_LIST: Record<Head["kind"], unknown> = HEADS;
const BLOCK_LISTS: Record<Stage, Record<string, unknown>> = {
	norm: NORM_LIST,
	mixer: MIXER_LIST,
	activation: ACTIVATION_LIST,
	channel: CHANNEL_LIST,
	post: POST_LIST,
};

export const stageSearch = (stage: Stage, kinds: BlockKinds) =>
	BLOCK_LISTS[stage][kinds[stage].kind] as AnySearch;
export const mixerSearch = ({ kind }: { kind: Mixer["kind"] }) =>
	MIXER_LIST[kind] as MixerSearch<object, object>;
export const encoderSearch = ({ kind }: { kind: Encoder["kind"] }) => ENCODER_LIST[kind] as AnySearch;
export const headSearch = ({ kind }: { kind: Head["kind"] }) => HEAD_LIST[kind] as AnySearch;

/** A kind and the layers that have it; null: once per network. */
export interface Found {
	kind: AnySearch;
	layers: number[] | null;
}

/** The distinct kinds of a network's layers, in order of computation. */
export function blockSearches({ blocks }: Pick<NetworkKinds, "blocks">): (Found & { layers: number[] })[] {
	return STAGES.flatMap((stage) => {
		const kinds = new Map<AnySearch, number[]>();
		for (const [l, block] of blocks.entries()) {
			const kind = stageSearch(stage, block);
			kinds.set(kind, [...(kinds.get(kind) ?? []), l]);
		}
		return [...kinds].map(([kind, layers]) => ({ kind, layers }));
	});
}

/** Every kind, in order of computation: up to the heads, and the heads. */
export function allSearches(): { before: AnySearch[]; heads: AnySearch[] } {
	const of = (list: object) => Object.values(list) as AnySearch[];
	return { before: [ENCODERS, NORMS, MIXERS, ACTIVATIONS, CHANNELS, POSTS].flatMap(of), heads: of(HEADS) };
}
