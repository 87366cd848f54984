// The embedding: residual = row `token` of a table of packed codes, for inputs that are tokens, such as bytes of text.
import { frozen } from "./frozen";
import type { EncoderKind } from "./kind";
import { RESERVED } from "./layout";
import { codes, integer, refuse, size, WEIGHT_BITS, weightBits, within } from "./proof";

/** A token is the sample itself, so the vocabulary of bytes is the largest. */
export const MAX_VOCABULARY = 256;

export interface Embedding {
	kind: "embedding";
	vocabulary: number; // 2 to 256
	bits: number;
	table: Int8Array; // (vocabulary, H); a code counts as code * 2^(9 - bits), so that scales reach as far at any width
	scale: Uint8Array; // (H), floats of 8 bits
	bias: Int16Array; // (H)
}

export const embedding: EncoderKind<Embedding> = {
	id: 2,
	arithmetic: 3,
	layout: frozen({
		name: "embedding",
		about: "embedding of tokens",
		sizes: ["heads"],
		fields: [
			{ path: "bits", type: "u8", allowed: { among: WEIGHT_BITS }, about: "bits of a code" },
			RESERVED,
			{
				path: "vocabulary",
				type: "u16",
				allowed: { low: 2, high: MAX_VOCABULARY },
				error: "SHAPE",
				about: "tokens",
			},
		],
		parts: [
			{
				path: "table",
				rows: "vocabulary",
				columns: "heads",
				bits: "bits",
				signed: true,
				array: "i8",
				holds: "embeddings",
				about: "a row of codes for each token",
			},
			{ path: "scale", rows: 1, columns: "heads", bits: 8, signed: false, array: "u8", about: "scales" },
			{ path: "bias", rows: 1, columns: "heads", bits: 16, signed: true, array: "i16", about: "biases" },
		],
	}),
	prove(where, { vocabulary, bits, table, scale, bias }, { H, channels }) {
		if (channels !== 1) refuse(where, `takes tokens, one a step, and there are ${channels} channels`);
		integer(`${where} vocabulary`, vocabulary, 2, MAX_VOCABULARY);
		weightBits(where, bits);
		size(`${where} table`, table, vocabulary * H);
		codes(`${where} table`, table, bits);
		size(`${where} scale`, scale, H);
		size(`${where} bias`, bias, H);
		within(`${where} bias`, bias, -32768, 32767);
	},
	macs: () => 0,
	scratchBytes: () => 0,
};
