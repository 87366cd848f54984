// Activations x phi(x); native/kinds/gelu.c, gelu_tanh.c, gelu_sigmoid.c.
import { symmetricMax } from "../../../src/fixed-point/arithmetic";
import { PHI } from "../../../src/fixed-point/tables";
import type { ActivationName, S4dLayer } from "../../../src/model/network";
import type { FloatLayer } from "../../checkpoints/model";
import type { Operation, Sink } from "./operation";

/** The native kind has the name of the activation. */
export const activation: Operation<FloatLayer> = {
	spec: ({ model }) => ({ kind: model.activation }),
	change: () => ({}),
	kept: () => 0,
};

export function putActivation(sink: Sink, name: ActivationName, { yFraction, g }: S4dLayer): void {
	sink.integers(PHI[name]);
	sink.integer(yFraction);
	sink.integer(symmetricMax(g.bits));
	sink.integer(g.scale);
	sink.integer(g.zero);
}
