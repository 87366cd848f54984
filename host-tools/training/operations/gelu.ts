// Activations x phi(x); native/kinds/gelu.c, gelu_tanh.c, gelu_sigmoid.c, qgelu.c.
import { PHI } from "../../../src/arithmetic/tables";
import type { GeluActivation } from "../../../src/network/gelu";
import type { FloatGelu } from "../../float/gelu";
import { putActivation } from "./activation";
import type { Operation, PutStage } from "./operation";

/** The native kind has the name of the table. */
export const gelu: Operation<FloatGelu> = { spec: ({ table }) => ({ kind: table }), kept: () => 0 };

export const putGelu: PutStage<GeluActivation> = (sink, g, { yFraction }) =>
	putActivation(sink, g, yFraction, PHI[g.table]);
