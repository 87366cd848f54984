// What a search knows of the activations, one line each.
export { gelu } from "./gelu";
