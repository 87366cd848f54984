// Widths shared by heads that are a linear map of the pooled stream.
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";
import { CARRIED, LINEAR_TENSORS } from "./linear";

export interface ReadoutPrecision {
	decoder: number;
}

type Shared = "highest" | "keys" | "presets" | "precisionOf" | "tensors";

export const READOUT: Pick<KindWidths<{ map: { bits: number } }, ReadoutPrecision, object>, Shared> = {
	highest: { decoder: 8 },
	keys: { decoder: weightsKey("decoder", { scale: "row", rounding: CARRIED, group: "W" }) },
	presets: { w8x16: "W=8", w8a8x8: "W=8", w4x16: "decoder=8", w4a6x8: "W=4", w3a6x8: "W=3" },
	precisionOf: ({ map }) => ({ decoder: map.bits }),
	tensors: LINEAR_TENSORS,
};
