// The heads of checkpoints, one line each; the first is the default where the metadata name none.
export { classes } from "./classes";
export { values } from "./values";
