// The classes head: logits of the pooled residual stream [A33].
import type { ClassesHead } from "../network/classes";
import { linearRow } from "./linear";

export function classes({ map, outputs }: ClassesHead, pooled: Int16Array): Int32Array {
	return Int32Array.from({ length: outputs }, (_, c) => linearRow(map, c, pooled));
}
