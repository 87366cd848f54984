import { polesKind } from "../../../src/network/poles-union";
import type { S5Mixer } from "../../../src/network/s5";
import type { S5Precision } from "../../quantization/widths/s5";
import { diagonalSearch } from "./diagonal-search";
import type { MixerSearch } from "./kind";
import { polesWords, polesWork } from "./poles-search";
import { s5Study } from "./s5-study";
import { stateWords } from "./state-search";
import { bitsText, weights } from "./widths";

/** C is fitted to the rounded B. */
const B = { ...weights("B"), telling: true };

export const s5: MixerSearch<S5Mixer, S5Precision> = {
	...diagonalSearch(B, ["cartesian", "logarithmic"]),
	work(add, { P, A, B, C, x }, H) {
		add("mode", P);
		polesWork(add, A, P);
		// Rows of B and of C, which are the operands of two dot products.
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
	study: s5Study,
};
