// The kinds of targets, one line each.
export { classes } from "./classes";
