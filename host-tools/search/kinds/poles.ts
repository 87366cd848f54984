// What a search needs from the codings of poles, one line each.
export { cartesian } from "./cartesian";
export { harmonic } from "./harmonic";
export { logarithmic } from "./logarithmic";
