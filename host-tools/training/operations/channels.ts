// The channels that the native trainer has, one line each.
export { glu } from "./glu";
