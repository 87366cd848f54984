// LayerNorm of the residual stream, before saturation.
import type { LayerPost } from "../network/layer-post";
import { normalize } from "./normalization";

export function layer(post: LayerPost, residual: Int16Array, out: Int32Array): void {
	normalize(post, true, residual, out);
}
