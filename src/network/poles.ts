// The codings of poles, one line each. Their order has no meaning; `id` is what a blob stores.
export { cartesian } from "./cartesian";
export { harmonic } from "./harmonic";
export { logarithmic } from "./logarithmic";
