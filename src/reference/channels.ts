// The channel mixers of the reference, one line each, by the names of src/network/channels.ts.
export { glu } from "./glu";
export { half_glu1 } from "./half-glu1";
export { half_glu2 } from "./half-glu2";
export { ungated } from "./ungated";
