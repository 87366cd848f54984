// Activations by a single word, as in settings, flags and metadata.
import { PHI_TABLES, type PhiTable } from "../../src/network/gelu";
import type { FloatActivation } from "./model";

export type ActivationName = PhiTable | "relu";
export const ACTIVATION_NAMES: readonly ActivationName[] = [...PHI_TABLES, "relu"];

export function activationOf(name: ActivationName): FloatActivation {
	return name === "relu" ? { kind: "relu" } : { kind: "gelu", table: name };
}

export function nameOfActivation(activation: FloatActivation): ActivationName {
	return activation.kind === "relu" ? "relu" : activation.table;
}
