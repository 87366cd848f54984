// The kinds in the sections of encoder, blocks and head. A section begins with bytes that name its kinds; their components
// follow.
import { type Field, type Layout, RESERVED } from "../network/layout";
import { ACTIVATIONS, CHANNELS, ENCODERS, MIXERS, NORMS, POSTS } from "../network/network";
import { kindLayout } from "./kind-layout";

export const ENCODER = kindLayout("encoder", ENCODERS);

const ABOUT: Record<string, string> = { channel: "channel mixer", post: "norm after the channel mixer" };

const kindField = (path: string, kinds: Readonly<Record<string, { readonly id: number }>>): Field => ({
	path: `${path}.kind`,
	type: "u8",
	allowed: { kinds },
	about: `kind of the ${ABOUT[path] ?? path}`,
});

export const BLOCK: Layout = {
	name: "block",
	about: "a block",
	sizes: [],
	fields: [
		kindField("norm", NORMS),
		kindField("mixer", MIXERS),
		kindField("activation", ACTIVATIONS),
		kindField("channel", CHANNELS),
		{ path: "yFraction", type: "u8", allowed: { low: 3, high: 12 }, about: "fractional bits of y" },
		kindField("post", POSTS),
		RESERVED,
		RESERVED,
	],
	parts: [],
};

/** The components of a block, in order. */
export const STAGES = Object.freeze({
	norm: NORMS,
	mixer: MIXERS,
	activation: ACTIVATIONS,
	channel: CHANNELS,
	post: POSTS,
} as const);
