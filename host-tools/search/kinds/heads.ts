// What a search knows of the heads, one line each.
export { classes } from "./classes";
