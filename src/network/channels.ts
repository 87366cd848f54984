// The channel mixers, one line each. Their order is of no meaning; `id` is what a blob stores.
export { glu } from "./glu";
