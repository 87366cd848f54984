// Leaves the residual stream unchanged.
import type { NoPost } from "../network/no-post";

export function none(_: NoPost, residual: Int16Array, out: Int32Array): void {
	out.set(residual);
}
