// No channel mixer; native/kinds/ungated.c.
import type { FloatUngated } from "../../float/ungated";
import type { Operation } from "./operation";

export const ungated: Operation<FloatUngated> = { spec: () => ({ kind: "ungated" }), kept: () => 0 };
