import type { FloatClasses } from "../float/classes";
import type { CheckpointHead } from "./head";

export const classes: CheckpointHead<FloatClasses> = {
	read: ({ weight, bias }, pooling) => ({ kind: "classes", pooling, weight, bias }),
	stated: () => ({}),
};
