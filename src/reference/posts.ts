// The posts of the reference, one line each, by the names of src/network/posts.ts.
export { layer } from "./layer-post";
export { none } from "./no-post";
export { rms } from "./rms-post";
