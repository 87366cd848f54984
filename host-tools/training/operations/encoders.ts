// The encoders that the native trainer has, one line each.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
