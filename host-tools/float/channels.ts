// The channels of float networks, one line each.
export { glu } from "./glu";
