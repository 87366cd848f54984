// Widths of the channel mixers, one line each.
export { glu } from "./glu";
export { half_glu1 } from "./half-glu1";
export { half_glu2 } from "./half-glu2";
export { ungated } from "./ungated";
