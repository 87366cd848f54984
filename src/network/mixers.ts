// The mixers, one line each. Their order has no meaning; `id` is what a blob stores.
export { s4d } from "./s4d";
export { s5 } from "./s5";
