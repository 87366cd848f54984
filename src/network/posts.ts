// What may follow a channel mixer, one line each. Their order is of no meaning; `id` is what a blob stores.
export { layer } from "./layer-post";
export { none } from "./no-post";
export { rms } from "./rms-post";
