// The rectifier, max(y, 0).
import type { FloatActivationKind } from "./kind";

export interface FloatRelu {
	kind: "relu";
}

export const relu: FloatActivationKind<FloatRelu> = {
	tensors: () => [],
	apply: () => (y) => Math.max(y, 0),
};
