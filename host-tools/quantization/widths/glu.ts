import { z } from "zod";
import type { Glu } from "../../../src/network/glu";
import { bitsKey, weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import { CARRIED, emptyLinear, LINEAR_TENSORS } from "./linear";

export interface GluPrecision {
	value: number;
	gate: number;
	/** Of value and gate rows. */
	bias: 8 | 16;
}

const shape = z.object({ kind: z.literal("glu") });
const words = { scale: "row", rounding: CARRIED, group: "W" as const };

export const glu: KindWidths<Glu, GluPrecision, z.infer<typeof shape>> = {
	highest: { value: 8, gate: 8, bias: 16 },
	keys: {
		value: weightsKey("value", words),
		gate: weightsKey("gate", words),
		bias: bitsKey("bias", (n) => n === 8 || n === 16, "8 or 16 bits", { scale: "", rounding: "" }),
	},
	presets: {
		w8x16: "W=8",
		w8a8x8: "W=8",
		w4x16: "W=4",
		w4a6x8: "W=4,bias=8",
		w3a6x8: "W=3,bias=8",
	},
	shape,
	precisionOf: ({ value, gate }) => ({ value: value.bits, gate: gate.bits, bias: value.biasBits }),
	skeleton: (_, { value, gate, bias }, { H }) => ({
		kind: "glu",
		value: emptyLinear(H, H, value, bias),
		valueShift: 0,
		gate: emptyLinear(H, H, gate, bias),
		gateFraction: 3,
		gateTable: "sigmoid",
	}),
	tensors: LINEAR_TENSORS,
};
