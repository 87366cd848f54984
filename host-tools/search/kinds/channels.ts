// What a search needs from the channel mixers, one line each.
export { glu } from "./glu";
export { half_glu1, half_glu2 } from "./half-glu";
export { ungated } from "./ungated";
