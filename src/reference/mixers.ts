// The mixers that the reference carries out, one line each, by the names of src/network/mixers.ts.
export { s4d } from "./s4d";
export { s5 } from "./s5";
