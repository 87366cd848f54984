// The activation to integers: the least and the greatest value seen meet the ends of g's codes.
import type { GeluActivation } from "../../src/network/gelu";
import type { FloatGelu } from "../float/gelu";
import type { ActivationQuantizer } from "./kind";
import { encodeScale, scaleValue } from "./scale";
import type { GeluPrecision } from "./widths/gelu";

export const gelu: ActivationQuantizer<FloatGelu, GeluActivation, GeluPrecision> = {
	quantize: ({ table }, { where, ranges: { gMin, gMax }, precision: { g: bits } }, yUnit) => {
		const levels = 2 ** bits;
		const scale = encodeScale(`${where} g scale`, yUnit / ((gMax - gMin || 1) / (levels - 1)));
		const gStep = yUnit / scaleValue(scale);
		const zero = Math.max(-128, Math.min(127, Math.round(gMin / gStep) + levels / 2));
		return { activation: { kind: "gelu", table, bits, scale, zero }, gStep };
	},
};
