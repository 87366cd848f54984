// What a search knows about the heads, one line each.
export { classes } from "./classes";
export { values } from "./values";
