// The kinds of norms for new networks.
import type { FloatNorm } from "./model";

export type NormKind = Exclude<FloatNorm["kind"], "none">;
export const NORM_KINDS = ["batch", "layer", "rms"] as const satisfies readonly NormKind[];
