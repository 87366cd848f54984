// The gate lets the activation's output through; native/kinds/half_glu.c.
import { GATE_TABLES } from "../../../src/network/glu";
import type { FloatHalfGlu } from "../../float/half-glu";
import type { Operation } from "./operation";

export const half_glu1: Operation<FloatHalfGlu<"half_glu1">> = {
	spec: ({ gateTable }) => ({ kind: "half_glu1", option: GATE_TABLES.indexOf(gateTable) }),
	kept: () => 0,
};
