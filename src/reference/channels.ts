// The channels that the reference carries out, one line each, by the names of src/network/channels.ts.
export { glu } from "./glu";
