import type { GeluActivation } from "../../../src/network/gelu";
import type { GeluPrecision } from "../../quantization/widths/gelu";
import type { SearchKind } from "./kind";
import { activations } from "./widths";

/** Its work is counted with the head's. */
export const gelu: SearchKind<GeluActivation, GeluPrecision> = {
	components: [activations("g")],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({ kept: ["the activations g"] }),
};
