// The channel mixers, one line each. Their order has no meaning; `id` is what a blob stores.
export { glu } from "./glu";
export { half_glu1 } from "./half-glu1";
export { half_glu2 } from "./half-glu2";
export { ungated } from "./ungated";
