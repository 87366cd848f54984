// The tasks, one line each.
export { classify } from "./classify";
