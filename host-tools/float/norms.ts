// The norms of float networks, one line each.

export { batch } from "./batch";
export { layer } from "./layer";
export { none } from "./none";
export { rms } from "./rms";
