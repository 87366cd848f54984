// The encoders of float networks, one line each.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
