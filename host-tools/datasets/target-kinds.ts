// The kinds of targets, one line each; the first is the default for labels.
export { classes } from "./classes";
export { future } from "./future-kind";
export { values } from "./values";
