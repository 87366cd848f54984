// Widths of posts, one line each.
export { layerPost as layer } from "./layer";
export { none } from "./no-post";
export { rmsPost as rms } from "./rms";
