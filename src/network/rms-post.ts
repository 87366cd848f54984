// RMSNorm after the channel mixer: the mean square over the heads of a step.
import type { Normalization } from "./normalization";
import { postOfStep } from "./post-of-step";

export interface RmsPost extends Normalization {
	kind: "rms";
}

export const rms = postOfStep<RmsPost>(2, "rms", "RMSNorm of the residual: mean square of each step");
