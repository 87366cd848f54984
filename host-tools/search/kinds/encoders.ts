// What a search needs from the encoders, one line each.
export { embedding } from "./embedding";
export { linear } from "./linear-encoder";
