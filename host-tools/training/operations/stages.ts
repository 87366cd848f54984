// Writers of the integers of stages for the native trainer, one line per kind, by the names of src/network.
export { putAffine as affine } from "./affine";
export { putGelu as gelu } from "./gelu";
export { putGlu as glu } from "./glu";
export { putHalfGlu1 as half_glu1 } from "./half-glu1";
export { putHalfGlu2 as half_glu2 } from "./half-glu2";
export { putNormOfStep as layer, putNormOfStep as rms } from "./norm-of-step";
export { putRelu as relu } from "./relu";
export { putS4d as s4d } from "./s4d";
export { putS5 as s5 } from "./s5";
export { putUngated as ungated } from "./ungated";
