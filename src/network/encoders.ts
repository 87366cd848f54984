// The encoders, one line each. Their order has no meaning; `id` is what a blob stores.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
