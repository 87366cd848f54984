// LayerNorm; native/kinds/norm_layer.c.
import type { LayerNorm } from "../../float/layer";
import type { Operation } from "./operation";

export const layer: Operation<LayerNorm> = {
	spec: ({ eps }) => ({ kind: "layer", value: eps }),
	kept: () => 0,
};
