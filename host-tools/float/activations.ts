// The activations of float networks, one line each.
export { gelu } from "./gelu";
export { relu } from "./relu";
