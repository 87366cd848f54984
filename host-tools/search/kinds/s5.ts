import { polesKind } from "../../../src/network/poles-union";
import type { S5Mixer } from "../../../src/network/s5";
import type { S5Precision } from "../../quantization/widths/s5";
import type { MixerSearch } from "./kind";
import { polesWords, polesWork, searchedPoles } from "./poles-search";
import { s5Study } from "./s5-study";
import { COARSE, savedState, state, stateWords } from "./state-search";
import { bitsText, byReading, together, weights } from "./widths";

const poles = searchedPoles("A", ["cartesian", "logarithmic"]);
const B = { ...weights("B"), telling: true };
const C = { ...weights("C"), telling: true };
const D = weights("D");

/** B and C of a layer are also read together: C is fitted to the rounded B, so their losses do not add. */
const BandC = together(B, C);

/** As for S4D: D acts in parallel to C in every head, so training removes most of its loss. */
const D_AFTER_TRAINING = 0.1;

export const s5: MixerSearch<S5Mixer, S5Precision> = {
	components: [...poles.components, B, state("nearest"), state("dithered"), C, D],
	searched: [...poles.searched, savedState, B, C, D, BandC],
	choosable: [
		{ name: "A", choices: [...poles.choices, { bits: "A=16", loss: () => 0 }] },
		{ name: "x", choices: [...byReading(savedState).choices, { bits: "x=16n", loss: () => 0 }] },
		byReading(BandC),
		byReading(D, D_AFTER_TRAINING),
	],
	packed: "A=4+8,B=4,C=4",
	work(add, { P, A, B, C, x }, H) {
		add("mode", P);
		polesWork(add, A, P);
		// Rows of B and of C, which two dot products go through.
		add("weight", 4 * P * H);
		for (const [{ bits }, rows] of [
			[B, 2 * P],
			[C, H],
		] as const) {
			if (bits === 8) continue;
			add(`weight of ${bits} bits`, 2 * P * H);
			add("packed row", rows);
		}
		if (!polesKind(A).inPlace(A)) add("packed row", 1);
		if (x.bits <= 8) add("narrow mode", P);
		if (x.rounding === "dithered") add("dithered mode", P);
	},
	float: ({ P }, H) => [
		{ tensor: "A", name: "A (with step)", values: 3 * P },
		{ tensor: "B", name: "B", values: 2 * P * H },
		{ tensor: "C", name: "C", values: 2 * P * H },
		{ tensor: "D", name: "D", values: H },
	],
	words: ({ each }) => ({
		sentences: [
			`The state takes ${each(stateWords)}; its width costs no flash, only arena.`,
			`Abar has ${each(({ A }) => polesWords(A))}, of one mode for all heads: next to B and C it takes few bytes at any width.`,
		],
		clauses: [
			`B has ${each((p) => bitsText(p.B))}`,
			`C ${each((p) => bitsText(p.C))}`,
			`D ${each((p) => bitsText(p.D))}`,
		],
	}),
	coarse: "x=8d",
	ranges: ({ x }, fine, coarse) => (x <= COARSE ? { ...fine, state: coarse.state } : fine),
	// A coarse pole that changes its code changes its mode's entire memory.
	settling: { abar: "frozen" },
	study: s5Study,
};
