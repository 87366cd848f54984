// The studies, one line each.
export { dynamics } from "./dynamics";
export { lra } from "./lra";
