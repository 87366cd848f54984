/** What a head sees of the residual stream: its mean over time, or its last step. */
export type Pooling = "mean" | "last";
export const POOLINGS: readonly Pooling[] = Object.freeze(["mean", "last"] as const);
