// The encoders of float networks, one line each.
export { linear } from "./linear-encoder";
