// S5; native/kinds/s5.c.
import type { FloatS5 } from "../../float/s5";
import { type Operation, padded } from "./operation";

export const s5: Operation<FloatS5> = {
	spec: ({ P }) => ({ kind: "s5", size: P }),
	kept: ({ P }) => 2 * padded(P),
};
