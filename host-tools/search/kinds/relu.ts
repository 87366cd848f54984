import type { ReluActivation } from "../../../src/network/relu";
import type { GeluPrecision } from "../../quantization/widths/gelu";
import { gelu } from "./gelu";
import type { SearchKind } from "./kind";

/** A head's work includes that of an activation with a table; this is the difference. */
export const relu: SearchKind<ReluActivation, GeluPrecision> = {
	...gelu,
	work: (add, _, H) => add("head of ReLU", H),
	float: () => [],
};
