export { NOTHING as ungated } from "./nothing";
