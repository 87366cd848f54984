// The tasks, one line each.
export { classify } from "./classify";
export { forecast } from "./forecast";
export { regress } from "./regress";
