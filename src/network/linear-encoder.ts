// The linear encoder: residual = map(sample), `channels` values of 16 bits to H.
import type { EncoderKind } from "./kind";
import { type Linear, linearFields, linearParts, linearRule, proveLinear, rowScratch } from "./linear";

export interface LinearEncoder {
	kind: "linear";
	map: Linear; // H x channels
}

export const linear: EncoderKind<LinearEncoder> = {
	id: 1,
	arithmetic: 2,
	layout: {
		name: "linear",
		about: "linear encoder",
		sizes: ["heads", "channels"],
		fields: linearFields("map", "map"),
		rule: linearRule("map"),
		parts: linearParts("map", "map", "heads", "channels"),
	},
	prove: (where, { map }, { H, channels }) => proveLinear(where, map, H, channels, 32768),
	macs: (_, { H, channels }) => H * channels,
	/** Two rows at a time. */
	scratchBytes: ({ map }) => 2 * rowScratch(map),
	keptBytes: ({ map }) => 2 * Math.ceil(map.rows / 2) * rowScratch(map),
};
