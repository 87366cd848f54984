// The rectifier to integers.
import type { ReluActivation } from "../../src/network/relu";
import type { FloatRelu } from "../float/relu";
import { codesOfG } from "./codes-of-g";
import type { ActivationQuantizer } from "./kind";
import type { GeluPrecision } from "./widths/gelu";

export const relu: ActivationQuantizer<FloatRelu, ReluActivation, GeluPrecision> = {
	quantize(_, context, yUnit) {
		const { gStep, ...codes } = codesOfG(context, yUnit);
		return { activation: { kind: "relu", ...codes }, gStep };
	},
};
