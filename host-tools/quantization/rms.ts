// RMSNorm to integers.
import type { RmsNorm } from "../float/rms";
import { normOfStep } from "./norm-of-step";

export const rms = normOfStep("rms", (float: RmsNorm) => ({
	...float,
	bias: new Float64Array(float.weight.length),
	centred: false,
}));
