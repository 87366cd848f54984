// LayerNorm to integers.
import type { LayerNorm } from "../float/layer";
import { normOfStep } from "./norm-of-step";

export const layer = normOfStep("layer", (float: LayerNorm) => ({ ...float, centred: true }));
