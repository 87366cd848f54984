// max(y, 0) as a code of g.
import { applyScale, clamp } from "../arithmetic/arithmetic";
import type { ReluActivation } from "../network/relu";

export function relu({ bits, scale, zero }: ReluActivation, y: Int16Array, _: number, g: Int16Array): void {
	const most = (1 << (bits - 1)) - 1;
	for (let h = 0; h < y.length; h++)
		g[h] = clamp(applyScale(Math.max(y[h]!, 0), scale) - zero, -1 - most, most);
}
