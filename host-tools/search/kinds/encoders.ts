// What a search knows about the encoders, one line each.
export { linear } from "./linear-encoder";
