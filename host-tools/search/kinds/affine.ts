import type { AffineNorm } from "../../../src/network/affine";
import type { AffinePrecision } from "../../quantization/widths/affine";
import type { SearchKind } from "./kind";
import { activations } from "./widths";

/** Its work is counted with the head's. */
export const affine: SearchKind<AffineNorm, AffinePrecision> = {
	components: [activations("u")],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({ kept: ["the SSM's input u"] }),
};
