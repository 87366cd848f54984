// No norm; native/kinds/norm_none.c.
import type { NoNorm } from "../../float/none";
import type { Operation } from "./operation";

export const none: Operation<NoNorm> = { spec: () => ({ kind: "norm_none" }), kept: () => 0 };
