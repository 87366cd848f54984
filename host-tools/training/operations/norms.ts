// The norms that the native trainer has, one line each.

export { batch } from "./batch";
export { none } from "./none";
