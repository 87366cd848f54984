// The rectifier; native/kinds/relu.c.
import { PHI } from "../../../src/arithmetic/tables";
import type { ReluActivation } from "../../../src/network/relu";
import type { FloatRelu } from "../../float/relu";
import { putActivation } from "./activation";
import type { Operation, PutStage } from "./operation";

export const relu: Operation<FloatRelu> = { spec: () => ({ kind: "relu" }), kept: () => 0 };

/** All ones: x phi(x) is then max(x, 0). */
const ONES = new Uint16Array(PHI.gelu.length).fill(32768);

export const putRelu: PutStage<ReluActivation> = (sink, g, { yFraction }) =>
	putActivation(sink, g, yFraction, ONES);
