// The heads that checkpoints have, one line each; the first is meant where the metadata name none.
export { classes } from "./classes";
export { values } from "./values";
