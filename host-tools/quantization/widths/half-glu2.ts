import { z } from "zod";
import type { HalfGlu2 } from "../../../src/network/half-glu2";
import { halfGluWidths } from "./half-glu";

const shape = z.object({ kind: z.literal("half_glu2") });

export const half_glu2 = halfGluWidths<HalfGlu2, z.infer<typeof shape>>(shape, (shared) => ({
	kind: "half_glu2",
	...shared,
}));
