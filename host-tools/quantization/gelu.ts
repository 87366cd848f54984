// Activations with a table to integers.
import type { GeluActivation } from "../../src/network/gelu";
import type { FloatGelu } from "../float/gelu";
import { codesOfG } from "./codes-of-g";
import type { ActivationQuantizer } from "./kind";
import type { GeluPrecision } from "./widths/gelu";

export const gelu: ActivationQuantizer<FloatGelu, GeluActivation, GeluPrecision> = {
	quantize({ table }, context, yUnit) {
		const { gStep, ...codes } = codesOfG(context, yUnit);
		return { activation: { kind: "gelu", table, ...codes }, gStep };
	},
};
