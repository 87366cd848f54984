// The heads, one line each. Their order has no meaning; `id` is what a blob stores.
export { classes } from "./classes";
export { values } from "./values";
