import type { LinearEncoder } from "../../../src/network/linear-encoder";
import type { LinearEncoderPrecision } from "../../quantization/widths/linear-encoder";
import type { SearchKind } from "./kind";
import { bitsText, byReading, weights } from "./widths";

const encoder = weights("encoder");

export const linear: SearchKind<LinearEncoder, LinearEncoderPrecision> = {
	components: [encoder],
	searched: [encoder],
	choosable: [byReading(encoder)],
	packed: "encoder=4",
	work(add, { map }) {
		add("encoder row", map.rows);
		add("encoder weight", map.rows * map.columns);
		if (map.bits !== 8) add("packed encoder weight", map.rows * map.columns);
	},
	float: ({ map }) => [{ tensor: "weights", name: "linear weights", values: map.rows * map.columns }],
	words: ({ each }) => ({ clauses: [`the encoder ${each((p) => bitsText(p.encoder))}`] }),
};
