// The posts, one line each. Their order has no meaning; `id` is what a blob stores.
export { layer } from "./layer-post";
export { none } from "./no-post";
export { rms } from "./rms-post";
