// The activations that the native trainer has, one line each.
export { gelu } from "./gelu";
export { relu } from "./relu";
