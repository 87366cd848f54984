// Readings and choices of a diagonal mixer.
import type { DiagonalPrecision } from "../../quantization/widths/diagonal";
import type { Component, MixerSearch } from "./kind";
import { searchedPoles } from "./poles-search";
import { COARSE, savedState, state } from "./state-search";
import { byReading, together, weights } from "./widths";

const C = { ...weights("C"), telling: true };
const D = weights("D");

/** D acts in parallel to C in every head: training removes most of its loss. As for biases, see glu.ts. */
const D_AFTER_TRAINING = 0.1;

type Shared = "components" | "searched" | "choosable" | "packed" | "coarse" | "ranges" | "settling";

/** @param B which is also read together with C, because their losses do not add @param codings of the poles */
export function diagonalSearch(
	B: Component,
	codings: Parameters<typeof searchedPoles>[1],
): Pick<MixerSearch<never, DiagonalPrecision>, Shared> {
	const poles = searchedPoles("A", codings);
	const BandC = together(B, C);
	return {
		components: [...poles.components, B, state("nearest"), state("dithered"), C, D],
		searched: [...poles.searched, savedState, B, C, D, BandC],
		choosable: [
			{ name: "A", choices: [...poles.choices, { bits: "A=16", loss: () => 0 }] },
			{ name: "x", choices: [...byReading(savedState).choices, { bits: "x=16n", loss: () => 0 }] },
			byReading(BandC),
			byReading(D, D_AFTER_TRAINING),
		],
		packed: "A=4+8,B=4,C=4",
		coarse: "x=8d",
		ranges: ({ x }, fine, coarse) => (x <= COARSE ? { ...fine, state: coarse.state } : fine),
		// A coarse pole that changes its code changes its mode's entire memory.
		settling: { abar: "frozen" },
	};
}
