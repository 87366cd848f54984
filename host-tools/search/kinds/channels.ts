// What a search knows about the channel mixers, one line each.
export { glu } from "./glu";
