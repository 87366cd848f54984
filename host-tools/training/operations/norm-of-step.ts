// The integers of norms over the heads of a step; native/kinds/norm_step_quantized.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import { INVERSE_ROOT } from "../../../src/arithmetic/tables";
import type { NormOfStep } from "../../../src/network/norm-of-step";
import type { Normalization } from "../../../src/network/normalization";
import type { PutStage } from "./operation";

/** A post has the stream's width. */
export const putPostOfStep: PutStage<Normalization> = (sink, { epsilon, negative, scale, zero }) => {
	sink.integers(INVERSE_ROOT);
	sink.integer(epsilon);
	sink.integers(scale);
	sink.integers(negative);
	sink.integers(zero);
};

export const putNormOfStep: PutStage<NormOfStep> = (sink, norm, block, units) => {
	sink.integer(symmetricMax(norm.bits));
	putPostOfStep(sink, norm, block, units);
};
