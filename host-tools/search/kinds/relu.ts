import type { ReluActivation } from "../../../src/network/relu";
import type { GeluPrecision } from "../../quantization/widths/gelu";
import { gelu } from "./gelu";
import type { SearchKind } from "./kind";

/** As the activations with a table: its work is part of a head's. */
export const relu: SearchKind<ReluActivation, GeluPrecision> = { ...gelu, work: () => {}, float: () => [] };
