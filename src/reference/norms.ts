// The norms that the reference carries out, one line each, by the names of src/network/norms.ts.
export { affine } from "./affine";
