// What a search knows of the encoders, one line each.
export { linear } from "./linear-encoder";
