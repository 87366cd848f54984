// What a search knows about the norms, one line each.
export { affine } from "./affine";
