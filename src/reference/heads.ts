// The heads of the reference, one line each, by the names of src/network/heads.ts.
export { classes } from "./classes";
export { values } from "./values";
