import type { Embedding } from "../../../src/network/embedding";
import type { EmbeddingPrecision } from "../../quantization/widths/embedding";
import type { SearchKind } from "./kind";
import { bitsText, byReading, weights } from "./widths";

const table = weights("encoder");

export const embedding: SearchKind<Embedding, EmbeddingPrecision> = {
	components: [table],
	searched: [table],
	choosable: [byReading(table)],
	packed: "", // codes are read in place at any width
	work: (add, _, H) => add("embedding", H),
	float: ({ vocabulary }, H) => [{ tensor: "embeddings", name: "embeddings", values: vocabulary * H }],
	words: ({ each }) => ({ clauses: [`the embedding ${each((p) => bitsText(p.encoder))}`] }),
};
