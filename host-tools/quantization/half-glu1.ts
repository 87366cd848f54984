import type { HalfGlu1 } from "../../src/network/half-glu1";
import { halfGluQuantizer } from "./half-glu";

export const half_glu1 = halfGluQuantizer<"half_glu1", HalfGlu1>(
	({ gStep }) => gStep,
	(shared, { zero }) => ({ kind: "half_glu1", ...shared, zero }),
);
