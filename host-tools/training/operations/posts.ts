// Writers of the integers of posts for the native trainer, one line per kind, by the names of src/network.

export { putNothing as none } from "./none";
export { putPostOfStep as layer, putPostOfStep as rms } from "./norm-of-step";
