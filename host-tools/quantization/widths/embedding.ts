import { z } from "zod";
import { type Embedding, MAX_VOCABULARY } from "../../../src/network/embedding";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";

export interface EmbeddingPrecision {
	encoder: number;
}

const shape = z.object({ kind: z.literal("embedding"), vocabulary: z.int().min(2).max(MAX_VOCABULARY) });

export const embedding: KindWidths<Embedding, EmbeddingPrecision, z.infer<typeof shape>> = {
	highest: { encoder: 8 },
	keys: { encoder: weightsKey("encoder", { scale: "head", rounding: "to nearest", group: "W" }) },
	presets: { w8x16: "W=8", w8a8x8: "W=8", w4x16: "W=4", w4a6x8: "W=4", w3a6x8: "W=3" },
	shape,
	precisionOf: ({ bits }) => ({ encoder: bits }),
	skeleton: ({ vocabulary }, { encoder }) => ({
		...{ kind: "embedding", vocabulary, bits: encoder },
		...{ table: new Int8Array(0), scale: new Uint8Array(0), bias: new Int16Array(0) },
	}),
	sizes: ({ vocabulary }) => [{ name: "", value: vocabulary, what: "tokens" }],
};
