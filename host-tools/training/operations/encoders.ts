// The encoders that the native trainer has, one line each.
export { linear } from "./linear-encoder";
