// Half-gated linear units: a gate, as in a GLU.
import type { HalfGlu } from "../../../src/network/half-glu";
import type { HalfGluPrecision } from "../../quantization/widths/half-glu";
import { glu } from "./glu";
import type { SearchKind } from "./kind";
import { bitsText } from "./widths";

const ofGate = <T extends { name: string }>(list: readonly T[]) =>
	list.filter(({ name }) => name !== "value");

const halfGlu: SearchKind<HalfGlu, HalfGluPrecision> = {
	components: ofGate(glu.components),
	searched: ofGate(glu.searched),
	choosable: ofGate(glu.choosable),
	packed: "gate=4",
	work(add, { gate }, H) {
		add("weight", H * H);
		if (gate.bits === 8) return;
		add(`weight of ${gate.bits} bits`, H * H);
		add("packed row", H);
	},
	float: (_, H) => [{ tensor: "weights", name: "linear weights", values: H * H }],
	words: ({ each }) => ({ clauses: [`gates ${each((p) => bitsText(p.gate))}`] }),
};

export { halfGlu as half_glu1, halfGlu as half_glu2 };
