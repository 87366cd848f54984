// Widths of the channel mixers, one line each.
export { glu } from "./glu";
