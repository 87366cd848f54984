import { widthsOfStep } from "./norm-of-step";

export const { norm: layer, post: layerPost } = widthsOfStep("layer", "LayerNorm");
