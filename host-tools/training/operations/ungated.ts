// No channel mixer; native/kinds/ungated.c.
import type { Ungated } from "../../../src/network/ungated";
import type { FloatUngated } from "../../float/ungated";
import { scaleValue } from "../../quantization/scale";
import type { Operation, PutStage } from "./operation";

export const ungated: Operation<FloatUngated> = { spec: () => ({ kind: "ungated" }), kept: () => 0 };

export const putUngated: PutStage<Ungated> = (sink, { zero, scale }, { yFraction, activation }) => {
	sink.integer(zero);
	// Real size of a code of g.
	sink.real(2 ** -yFraction / scaleValue(activation.scale));
	sink.integers(scale);
};
