import { z } from "zod";
import type { LinearEncoder } from "../../../src/network/linear-encoder";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import { emptyLinear, LINEAR_TENSORS } from "./linear";

export interface LinearEncoderPrecision {
	encoder: number;
}

const shape = z.object({ kind: z.literal("linear") });

export const linear: KindWidths<LinearEncoder, LinearEncoderPrecision, z.infer<typeof shape>> = {
	highest: { encoder: 8 },
	keys: { encoder: weightsKey("encoder", { scale: "row", rounding: "to nearest", group: "W" }) },
	presets: { w8x16: "W=8", w8a8x8: "W=8", w4x16: "W=4", w4a6x8: "W=4", w3a6x8: "W=3" },
	shape,
	precisionOf: ({ map }) => ({ encoder: map.bits }),
	skeleton: (_, { encoder }, { H, channels }) => ({
		kind: "linear",
		map: emptyLinear(H, channels, encoder, 16),
	}),
	tensors: LINEAR_TENSORS,
};
