import { polesKind } from "../../../src/network/poles-union";
import type { S4dMixer } from "../../../src/network/s4d";
import type { S4dPrecision } from "../../quantization/widths/s4d";
import { diagonalSearch } from "./diagonal-search";
import type { MixerSearch } from "./kind";
import { polesWords, polesWork } from "./poles-search";
import { s4dStudy } from "./s4d-study";
import { savedState, stateWords } from "./state-search";
import { bitsText, plain } from "./widths";

/** Sets the units of the modes' states, which C reads; a restricted gain leaves C a range that few bits cannot hold. */
const B = { ...plain("B", [0, 2, 4, 8]), telling: true };

export const s4d: MixerSearch<S4dMixer, S4dPrecision> = {
	...diagonalSearch(B, ["cartesian", "harmonic"]),
	work(add, { N, A, B, C, x }, H) {
		add("mode", H * N);
		polesWork(add, A, H * N);
		if (B.bits !== 8) add(`B of ${B.bits} bits`, H * N);
		if (C.bits !== 8) add(`C of ${C.bits} bits`, 2 * H * N);
		const packed = [!polesKind(A).inPlace(A), B.bits !== 8, C.bits !== 8];
		add("packed row", H * packed.filter(Boolean).length);
		if (x.bits <= 8) add("narrow mode", H * N);
		if (x.rounding === "dithered") add("dithered mode", H * N);
		else if (N % 2) add("mode without a pair", H);
	},
	float: ({ N }, H, before) => [
		{ tensor: "A", name: "A (with dt)", values: H + 2 * H * N * before },
		{ tensor: "B", name: "B", values: 0 },
		{ tensor: "C", name: "C", values: 2 * H * N * before },
		{ tensor: "D", name: "D", values: H },
	],
	words({ each, worst }) {
		const eight = worst(savedState.name, "8");
		const noise = eight
			? `, and 8 bits dithered are noise of at most ${(100 * eight.loss).toPrecision(2)} % in one layer (layer ${eight.layer})`
			: "";
		return {
			sentences: [
				`The state takes ${each(stateWords)}; its width costs no flash, only arena${noise}.`,
				`Abar has ${each(({ A }) => polesWords(A))}; accuracy depends on the phase; the radius, a step within its head's range, needs few bits.`,
			],
			clauses: [
				`C has ${each((p) => bitsText(p.C))}`,
				`B ${each((p) => bitsText(p.B))}`,
				`D ${each((p) => bitsText(p.D))}`,
			],
		};
	},
	study: s4dStudy,
};
