// Activations x phi(x); native/kinds/gelu.c, gelu_tanh.c, gelu_sigmoid.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import { PHI } from "../../../src/arithmetic/tables";
import type { GeluActivation } from "../../../src/network/gelu";
import type { FloatGelu } from "../../float/gelu";
import type { Operation, PutStage } from "./operation";

/** The native kind has the name of the table. */
export const gelu: Operation<FloatGelu> = { spec: ({ table }) => ({ kind: table }), kept: () => 0 };

export const putGelu: PutStage<GeluActivation> = (sink, g, { yFraction }) => {
	sink.integers(PHI[g.table]);
	sink.integer(yFraction);
	sink.integer(symmetricMax(g.bits));
	sink.integer(g.scale);
	sink.integer(g.zero);
};
