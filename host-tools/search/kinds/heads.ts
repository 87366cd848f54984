// What a search needs from the heads, one line each.
export { classes } from "./classes";
export { values } from "./values";
