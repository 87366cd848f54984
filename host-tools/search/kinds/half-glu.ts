// Half-gated linear units: a gate, as in a GLU.
import type { HalfGlu } from "../../../src/network/half-glu";
import type { HalfGluPrecision } from "../../quantization/widths/half-glu";
import { glu } from "./glu";
import type { SearchKind } from "./kind";
import { pairsWork } from "./rows-work";
import { bitsText } from "./widths";

const ofGate = <T extends { name: string }>(list: readonly T[]) =>
	list.filter(({ name }) => name !== "value");

const halfGlu: SearchKind<HalfGlu, HalfGluPrecision> = {
	components: ofGate(glu.components),
	searched: ofGate(glu.searched),
	choosable: ofGate(glu.choosable),
	packed: "gate=4",
	work(add, { gate }, H, steps) {
		// A head's work includes that of a GLU; this is the difference.
		add("half-gated head", H);
		pairsWork(add, { first: gate.bits, pairs: Math.ceil(H / 2), columns: H, steps });
	},
	float: (_, H) => [{ tensor: "weights", name: "linear weights", values: H * H }],
	words: ({ each }) => ({ clauses: [`gates ${each((p) => bitsText(p.gate))}`] }),
};

export { halfGlu as half_glu1, halfGlu as half_glu2 };
