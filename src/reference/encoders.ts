// The encoders of the reference, one line each, by the names of src/network/encoders.ts.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
