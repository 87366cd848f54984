export { readoutSearch as values } from "./readout-search";
