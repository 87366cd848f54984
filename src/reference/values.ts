// The values head: outputs of the pooled residual stream [A58].
import type { ValuesHead } from "../network/values";
import { linearRow } from "./linear";

export function values({ map, outputs }: ValuesHead, pooled: Int16Array): Int32Array {
	return Int32Array.from({ length: outputs }, (_, k) => linearRow(map, k, pooled));
}
