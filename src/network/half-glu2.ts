// The half-gated linear unit whose value is y, before the activation.
import { type HalfGlu, halfGlu } from "./half-glu";
import type { Kind } from "./kind";
import { RESERVED } from "./layout";

export interface HalfGlu2 extends HalfGlu {
	kind: "half_glu2";
}

export const half_glu2: Kind<HalfGlu2> = {
	...halfGlu<HalfGlu2>(3, "half_glu2", "half-gated linear unit over y", RESERVED),
	needsY: true,
};
