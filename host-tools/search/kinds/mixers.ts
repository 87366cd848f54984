// What a search needs from the mixers, one line each.
export { s4d } from "./s4d";
export { s5 } from "./s5";
