// The quantizers of channel mixers, one line each.
export { glu } from "./glu";
