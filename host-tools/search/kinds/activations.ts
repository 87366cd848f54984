// What a search needs from the activations, one line each.
export { gelu } from "./gelu";
export { relu } from "./relu";
