// The quantizers of activations, one line each.
export { gelu } from "./gelu";
export { relu } from "./relu";
