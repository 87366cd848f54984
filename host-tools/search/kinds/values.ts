import type { ValuesHead } from "../../../src/network/values";
import type { ValuesPrecision } from "../../quantization/widths/values";
import type { SearchKind } from "./kind";
import { byReading, weights } from "./widths";

const decoder = weights("decoder");

export const values: SearchKind<ValuesHead, ValuesPrecision> = {
	components: [decoder],
	searched: [decoder],
	choosable: [byReading(decoder)],
	packed: "decoder=4",
	work: () => {},
	float: ({ map }) => [{ tensor: "weights", name: "linear weights", values: map.rows * map.columns }],
	words: ({ each }) => ({ clauses: [`the decoder ${each((p) => String(p.decoder))}`] }),
};
