// Kinds of targets in packed folders, one line each; the first is assumed where meta.json has no field of any.
export { packedClasses as classes } from "./packed-classes";
export { packedValues as values } from "./packed-values";
