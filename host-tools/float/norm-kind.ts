// The kinds of norms that a network may be given.
import type { FloatNorm } from "./model";

export type NormKind = Exclude<FloatNorm["kind"], "none">;
export const NORM_KINDS = ["batch", "layer", "rms"] as const satisfies readonly NormKind[];
