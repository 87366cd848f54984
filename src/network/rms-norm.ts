// RMSNorm before the mixer: the mean square over the heads of a step.
import { type NormOfStep, normOfStep } from "./norm-of-step";

export interface RmsNorm extends NormOfStep {
	kind: "rms";
}

export const rms = normOfStep<RmsNorm>(3, "rms", "RMSNorm: mean square of each step");
