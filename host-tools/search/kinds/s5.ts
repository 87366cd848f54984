import { polesKind } from "../../../src/network/poles-union";
import type { S5Mixer } from "../../../src/network/s5";
import type { S5Precision } from "../../quantization/widths/s5";
import { diagonalSearch } from "./diagonal-search";
import type { MixerSearch } from "./kind";
import { polesWords, polesWork } from "./poles-search";
import { pairsWork } from "./rows-work";
import { s5Study } from "./s5-study";
import { stateWords } from "./state-search";
import { bitsText, weights } from "./widths";

/** C is fitted to the rounded B. */
const B = { ...weights("B"), telling: true };

/** Room for the states that a pass keeps for C (STATES of essm_s5.c). */
const STATES = 1024;

/** Steps of the parts that the kernel divides a pass of so many steps into. */
function partsOf(P: number, steps: number): number[] {
	let most = steps;
	while (2 * P * most > STATES) most = most > 4 ? most - 4 : 1;
	return Array.from({ length: Math.ceil(steps / most) }, (_, i) => Math.min(most, steps - i * most));
}

export const s5: MixerSearch<S5Mixer, S5Precision> = {
	...diagonalSearch(B, ["cartesian", "logarithmic"]),
	work(add, { P, A, B, C, x }, H, steps) {
		const parts = partsOf(P, steps);
		const [unpacked, pairs] = [parts.length, Math.ceil(H / 2)];
		add("layer of S5", 1);
		add("head of S5", H);
		add("mode of S5", P);
		if (x.bits <= 8) add("narrow mode of S5", P);
		if (x.rounding === "dithered") add("dithered mode of S5", P);
		polesWork(add, A, P);
		if (!polesKind(A).inPlace(A)) add("packed row", 1);
		add("pair of rows of S5", unpacked * (P + pairs));
		// Products are computed for eight steps at a time, but for those of B where a pass is one step, and of C in parts of one.
		const eights = parts.reduce((sum, part) => sum + Math.ceil(part / 8), 0);
		add("eight steps of S5", eights * (P + pairs));
		const [passes, single] = [(8 * eights) / steps, parts[0] === 1];
		const computed = steps === 1 ? 1 : passes;
		pairsWork(add, { first: B.bits, pairs: P, columns: H, steps, computed, unpacked });
		const ofC = { first: C.bits, pairs, columns: 2 * P, steps, unpacked, wide: true };
		if (single && steps > 1) add("weight in single steps", 2 * pairs * ofC.columns);
		pairsWork(add, { ...ofC, computed: single ? Number(steps === 1) : passes });
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
