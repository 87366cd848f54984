// RMSNorm as a code of u.
import type { RmsNorm } from "../network/rms-norm";
import { normToCodes } from "./norm-to-codes";

export function rms(norm: RmsNorm, residual: Int16Array, u: Int16Array): void {
	normToCodes(norm, false, residual, u);
}
