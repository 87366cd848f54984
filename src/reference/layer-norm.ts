// LayerNorm as a code of u.
import type { LayerNorm } from "../network/layer-norm";
import { normToCodes } from "./norm-to-codes";

export function layer(norm: LayerNorm, residual: Int16Array, u: Int16Array): void {
	normToCodes(norm, true, residual, u);
}
