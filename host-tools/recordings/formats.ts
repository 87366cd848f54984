// The kinds of files, one line each.
export { csv } from "./csv";
export { edgeImpulse } from "./edge-impulse";
export { jsonLines } from "./json-lines";
export { wav } from "./wav";
