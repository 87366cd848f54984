import type { ClassesHead } from "../../../src/network/classes";
import type { ClassesPrecision } from "../../quantization/widths/classes";
import type { SearchKind } from "./kind";
import { byReading, weights } from "./widths";

const decoder = weights("decoder");

/** Runs once per result, not per step. */
export const classes: SearchKind<ClassesHead, ClassesPrecision> = {
	components: [decoder],
	searched: [decoder],
	choosable: [byReading(decoder)],
	packed: "decoder=4",
	work: () => {},
	float: ({ map }) => [{ tensor: "weights", name: "linear weights", values: map.rows * map.columns }],
	words: ({ each }) => ({ clauses: [`the decoder ${each((p) => String(p.decoder))}`] }),
};
