// What a search knows about the encoders, one line each.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
