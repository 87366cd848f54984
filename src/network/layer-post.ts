// LayerNorm after the channel mixer: mean and variance over the heads of a step.
import type { Normalization } from "./normalization";
import { postOfStep } from "./post-of-step";

export interface LayerPost extends Normalization {
	kind: "layer";
}

export const layer = postOfStep<LayerPost>(
	1,
	"layer",
	"LayerNorm of the residual: mean and variance of each step",
);
