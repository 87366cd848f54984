// The activations of the reference, one line each, by the names of src/network/activations.ts.
export { gelu } from "./gelu";
export { relu } from "./relu";
