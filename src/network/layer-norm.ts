// LayerNorm before the mixer: mean and variance over the heads of a step.
import { type NormOfStep, normOfStep } from "./norm-of-step";

export interface LayerNorm extends NormOfStep {
	kind: "layer";
}

export const layer = normOfStep<LayerNorm>(2, "layer", "LayerNorm: mean and variance of each step");
