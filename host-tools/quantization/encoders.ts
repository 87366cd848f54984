// The quantizers of encoders, one line each.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
