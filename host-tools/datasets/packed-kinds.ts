// What a packed folder may hold as targets, by the names of their kinds, one line each; the first is asked for where meta.json
// has the field of none.
export { packedClasses as classes } from "./packed-classes";
export { packedValues as values } from "./packed-values";
