// The norms that the native trainer has, one line each.

export { batch } from "./batch";
export { layer } from "./layer";
export { none } from "./none";
export { rms } from "./rms";
