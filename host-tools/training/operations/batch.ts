// BatchNorm; native/kinds/norm_batch.c.
import type { BatchNorm } from "../../float/batch";
import type { Operation } from "./operation";

export const batch: Operation<BatchNorm> = {
	spec: ({ eps }) => ({ kind: "batch", value: eps }),
	kept: () => 0,
};
