// The norms, one line each. Their order has no meaning; `id` is what a blob stores.
export { affine } from "./affine";
export { layer } from "./layer-norm";
export { rms } from "./rms-norm";
