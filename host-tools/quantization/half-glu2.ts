import type { HalfGlu2 } from "../../src/network/half-glu2";
import { halfGluQuantizer } from "./half-glu";

export const half_glu2 = halfGluQuantizer<"half_glu2", HalfGlu2>(
	({ yUnit }) => yUnit,
	(shared) => ({ kind: "half_glu2", ...shared }),
);
