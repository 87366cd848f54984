// The rectifier, the greater of y and 0.
import type { FloatActivationKind } from "./kind";

export interface FloatRelu {
	kind: "relu";
}

export const relu: FloatActivationKind<FloatRelu> = {
	tensors: () => [],
	apply: () => (y) => Math.max(y, 0),
};
