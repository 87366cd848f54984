// What writes the integers of a stage for the native trainer, one line per kind, by the names of src/network.
export { putAffine as affine } from "./affine";
export { putGelu as gelu } from "./gelu";
export { putGlu as glu } from "./glu";
export { putNormOfStep as layer, putNormOfStep as rms } from "./norm-of-step";
export { putRelu as relu } from "./relu";
export { putS4d as s4d } from "./s4d";
