// The quantizers of norms, one line each, by the kinds of the float network.
export { affine as batch, affine as none } from "./affine";
export { layer } from "./layer";
export { rms } from "./rms";
