import { z } from "zod";
import type { NoPost } from "../../../src/network/no-post";
import type { KindWidths } from "./kind";

const shape = z.object({ kind: z.literal("none") });

export const none: KindWidths<NoPost, object, z.infer<typeof shape>> = {
	highest: {},
	keys: {},
	presets: { w8x16: "", w8a8x8: "", w4x16: "", w4a6x8: "", w3a6x8: "" },
	shape,
	precisionOf: () => ({}),
	skeleton: () => ({ kind: "none" }),
};
