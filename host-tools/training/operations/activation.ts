// The integers of an activation x phi(x); activation_read of native/kinds/activation.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import type { Activation } from "../../../src/network/network";
import type { Sink } from "./operation";

/** @param phi in Q15 */
export function putActivation(sink: Sink, g: Activation, yFraction: number, phi: Uint16Array): void {
	sink.integers(phi);
	sink.integer(yFraction);
	sink.integer(symmetricMax(g.bits));
	sink.integer(g.scale);
	sink.integer(g.zero);
}
