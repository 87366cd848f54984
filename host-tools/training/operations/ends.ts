// What writes the integers of encoders and heads for the native trainer, one line per kind, by the names of src/network.
export { putClasses as classes } from "./classes";
export { putLinearEncoder as linear } from "./linear-encoder";
export { putValues as values } from "./values";
