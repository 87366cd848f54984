// The folded norm: u = (residual - zero) scale, saturated to its bits [A20].
import { applyCoarseScale, clamp, symmetricMax } from "../arithmetic/arithmetic";
import type { AffineNorm } from "../network/affine";

export function affine(norm: AffineNorm, residual: Int16Array, u: Int16Array): void {
	const most = symmetricMax(norm.bits);
	for (let h = 0; h < u.length; h++)
		u[h] = clamp(applyCoarseScale(residual[h]! - norm.zero[h]!, norm.scale[h]!), -most, most);
}
