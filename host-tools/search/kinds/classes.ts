export { readoutSearch as classes } from "./readout-search";
