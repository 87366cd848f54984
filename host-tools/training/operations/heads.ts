// The heads that the native trainer has, one line each.
export { classes } from "./classes";
export { values } from "./values";
