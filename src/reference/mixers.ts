// The mixers of the reference, one line each, by the names of src/network/mixers.ts.
export { s4d } from "./s4d";
export { s5 } from "./s5";
