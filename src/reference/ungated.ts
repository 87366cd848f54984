// A block adds the activation itself to the residual stream [A56].
import { applyScale } from "../arithmetic/arithmetic";
import type { Ungated } from "../network/ungated";

export function ungated({ zero, scale }: Ungated, g: Int16Array, add: Int32Array): void {
	for (let h = 0; h < g.length; h++) add[h] = applyScale(g[h]! + zero, scale[h]!);
}
