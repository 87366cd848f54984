// The norms of the reference, one line each, by the names of src/network/norms.ts.
export { affine } from "./affine";
export { layer } from "./layer-norm";
export { rms } from "./rms-norm";
