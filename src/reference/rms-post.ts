// RMSNorm of the residual stream, before saturation.
import type { RmsPost } from "../network/rms-post";
import { normalize } from "./normalization";

export function rms(post: RmsPost, residual: Int16Array, out: Int32Array): void {
	normalize(post, false, residual, out);
}
