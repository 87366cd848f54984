import type { Glu } from "../../../src/network/glu";
import type { GluPrecision } from "../../quantization/widths/glu";
import type { SearchKind } from "./kind";
import { pairsWork } from "./rows-work";
import { bitsText, byReading, plain, weights } from "./widths";

const value = { ...weights("value"), telling: true };
const gate = { ...weights("gate"), telling: true };
const bias = plain("bias", [8, 16]);

/**
 * Coarse biases shift what the next norm or bias shifts back, so training removes most of their loss. Measured on the sMNIST
 * network with 2 modes per head, 2,072 bytes, 12 epochs, with D likewise: 98.88 % of 5,000 validation sequences, against 98.74 %
 * with all losses counted in full.
 */
const BIAS_AFTER_TRAINING = 0.1;

export const glu: SearchKind<Glu, GluPrecision> = {
	components: [value, gate, bias],
	searched: [value, gate, bias],
	choosable: [byReading(value), byReading(gate), byReading(bias, BIAS_AFTER_TRAINING)],
	packed: "value=4,gate=4",
	work(add, { value, gate }, H, steps) {
		pairsWork(add, { first: value.bits, second: gate.bits, pairs: H, columns: H, steps });
	},
	float: (_, H) => [{ tensor: "weights", name: "linear weights", values: 2 * H * H }],
	words: ({ each }) => ({
		clauses: [`value rows ${each((p) => bitsText(p.value))}`, `gates ${each((p) => bitsText(p.gate))}`],
	}),
};
