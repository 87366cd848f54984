import { searchOfStep } from "./norm-of-step";

export const { norm: layer, post: layerPost } = searchOfStep("LayerNorm");
