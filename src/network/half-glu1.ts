// The half-gated linear unit whose value is g.
import { type HalfGlu, halfGlu, VALUE_ZERO } from "./half-glu";
import type { Kind } from "./kind";
import { integer } from "./proof";

export interface HalfGlu1 extends HalfGlu {
	kind: "half_glu1";
	zero: number; // -128 to 127
}

const shared = halfGlu<HalfGlu1>(2, "half_glu1", "half-gated linear unit over g", VALUE_ZERO);

export const half_glu1: Kind<HalfGlu1> = {
	...shared,
	prove(where, channel, around) {
		integer(`${where} zero`, channel.zero, -128, 127);
		shared.prove(where, channel, around);
	},
};
