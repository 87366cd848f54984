// The gate lets the mixer's output through; native/kinds/half_glu.c.
import { GATE_TABLES } from "../../../src/network/glu";
import type { FloatHalfGlu } from "../../float/half-glu";
import type { Operation } from "./operation";

export const half_glu2: Operation<FloatHalfGlu<"half_glu2">> = {
	spec: ({ gateTable }) => ({ kind: "half_glu2", option: GATE_TABLES.indexOf(gateTable) }),
	kept: () => 0,
};
