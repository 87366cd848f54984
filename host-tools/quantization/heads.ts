// The quantizers of heads, one line each.
export { classes } from "./classes";
export { values } from "./values";
