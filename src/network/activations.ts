// The activations, one line each. Their order has no meaning; `id` is what a blob stores.
export { gelu } from "./gelu";
export { relu } from "./relu";
