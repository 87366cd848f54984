import { z } from "zod";
import type { Ungated } from "../../../src/network/ungated";
import type { KindWidths } from "./kind";

const shape = z.object({ kind: z.literal("ungated") });

/** It has no weights. */
export const ungated: KindWidths<Ungated, object, z.infer<typeof shape>> = {
	highest: {},
	keys: {},
	presets: { w8x16: "", w8a8x8: "", w4x16: "", w4a6x8: "", w3a6x8: "" },
	shape,
	precisionOf: () => ({}),
	skeleton: () => ({ kind: "ungated", zero: 0, scale: new Uint16Array(0) }),
};
