// Widths of half-gated linear units: those of their gates, with the names of a GLU's.
import type { z } from "zod";
import type { HalfGlu } from "../../../src/network/half-glu";
import { glu } from "./glu";
import type { KindWidths } from "./kind";
import { emptyLinear, LINEAR_TENSORS } from "./linear";

export interface HalfGluPrecision {
	gate: number;
	/** Of gate rows. */
	bias: 8 | 16;
}

const { gate, bias } = glu.keys as Record<"gate" | "bias", (typeof glu.keys)[string]>;

/** @param whole the component's other fields */
export function halfGluWidths<T extends HalfGlu, S>(
	shape: z.ZodType<S>,
	whole: (shared: HalfGlu) => T,
): KindWidths<T, HalfGluPrecision, S> {
	return {
		highest: { gate: 8, bias: 16 },
		keys: { gate, bias } as unknown as KindWidths<T, HalfGluPrecision, S>["keys"],
		presets: glu.presets,
		shape,
		precisionOf: ({ gate }) => ({ gate: gate.bits, bias: gate.biasBits }),
		skeleton: (_, { gate, bias }, { H }) =>
			whole({
				gate: emptyLinear(H, H, gate, bias),
				gateFraction: 3,
				gateTable: "sigmoid",
				valueShift: 0,
				scale: new Uint16Array(0),
			}),
		tensors: LINEAR_TENSORS,
	};
}
