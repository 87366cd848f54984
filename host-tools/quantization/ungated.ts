// No channel mixer, in integers: a scale per head.
import type { Ungated } from "../../src/network/ungated";
import type { FloatUngated } from "../float/ungated";
import { valueScales } from "./half-glu";
import type { ChannelQuantizer } from "./kind";

export const ungated: ChannelQuantizer<FloatUngated, Ungated, object, object> = {
	quantize: (_, context, { gStep, zero }) => ({
		channel: { kind: "ungated", zero, scale: valueScales(context, gStep, 0) },
		grid: {},
	}),
	saved: { fields: {}, fits: () => true },
	real: (float) => float,
};
