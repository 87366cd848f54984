// The heads of float networks, one line each.
export { classes } from "./classes";
export { values } from "./values";
