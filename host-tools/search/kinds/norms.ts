// What a search knows of the norms, one line each.
export { affine } from "./affine";
