import { NOTHING } from "./nothing";

/** A head's work includes that of a GLU; this is the difference. */
export const ungated: typeof NOTHING = { ...NOTHING, work: (add, _, H) => add("ungated head", H) };
