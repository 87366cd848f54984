// The norms of float networks, one line each.

export { batch } from "./batch";
export { none } from "./none";
