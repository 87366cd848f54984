import { z } from "zod";
import type { OnepoleMixer } from "../../../src/network/onepole";
import { weightsKey } from "./keys";
import type { KindWidths } from "./kind";

export interface OnepolePrecision {
	gain: number;
}

const shape = z.object({ kind: z.literal("onepole") });

export const onepole: KindWidths<OnepoleMixer, OnepolePrecision, z.infer<typeof shape>> = {
	highest: { gain: 8 },
	keys: { gain: weightsKey("gain", { scale: "head", rounding: "to nearest" }) },
	presets: { w8x16: "gain=8", w8a8x8: "gain=8", w4x16: "gain=6", w4a6x8: "gain=4", w3a6x8: "gain=4" },
	shape,
	precisionOf: ({ gain }) => ({ gain: gain.bits }),
	skeleton: (_, { gain }) => ({
		kind: "onepole",
		pole: new Uint8Array(0),
		gain: { bits: gain, codes: new Int8Array(0), scale: new Uint8Array(0) },
	}),
};
