// What a search needs from heads that are a linear map of the pooled stream.
import type { SearchKind } from "./kind";
import { byReading, weights } from "./widths";

const decoder = weights("decoder");

/** Its work is not counted: it runs once per result. */
export const readoutSearch: SearchKind<{ map: { rows: number; columns: number } }, { decoder: number }> = {
	components: [decoder],
	searched: [decoder],
	choosable: [byReading(decoder)],
	packed: "decoder=4",
	work: () => {},
	float: ({ map }) => [{ tensor: "weights", name: "linear weights", values: map.rows * map.columns }],
	words: ({ each }) => ({ clauses: [`the decoder ${each((p) => String(p.decoder))}`] }),
};
