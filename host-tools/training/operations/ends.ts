// Writers of the integers of encoders and heads for the native trainer, one line per kind, by the names of src/network.
export { putEmbedding as embedding } from "./embedding";
export { putLinearEncoder as linear } from "./linear-encoder";
export { putReadout as classes, putReadout as values } from "./readout";
