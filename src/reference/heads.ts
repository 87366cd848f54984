// The heads that the reference carries out, one line each, by the names of src/network/heads.ts.
export { classes } from "./classes";
export { values } from "./values";
