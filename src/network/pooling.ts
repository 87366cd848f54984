/** Pooling of the residual stream before a head: its mean over time, or its last step. */
export type Pooling = "mean" | "last";
export const POOLINGS: readonly Pooling[] = Object.freeze(["mean", "last"] as const);
