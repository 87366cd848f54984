// The kinds of targets, one line each; the first is what labels are where nothing says more.
export { classes } from "./classes";
export { future } from "./future-kind";
export { values } from "./values";
