// What a search needs from the norms, one line each.
export { affine } from "./affine";
export { layer } from "./layer";
export { rms } from "./rms";
