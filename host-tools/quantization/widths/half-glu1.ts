import { z } from "zod";
import type { HalfGlu1 } from "../../../src/network/half-glu1";
import { halfGluWidths } from "./half-glu";

const shape = z.object({ kind: z.literal("half_glu1") });

export const half_glu1 = halfGluWidths<HalfGlu1, z.infer<typeof shape>>(shape, (shared) => ({
	kind: "half_glu1",
	...shared,
	zero: 0,
}));
