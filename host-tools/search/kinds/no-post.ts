export { NOTHING as none } from "./nothing";
