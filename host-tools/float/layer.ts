// LayerNorm over the heads of a step: z = (x - mean) / sqrt(variance + eps) weight + bias.
import type { FloatNormKind } from "./kind";

export interface LayerNorm {
	kind: "layer";
	weight: Float64Array; // (H)
	bias: Float64Array; // (H)
	eps: number;
}

export const layer: FloatNormKind<LayerNorm> = {
	tensors: (_, { H }, l) => [
		{ name: `norms.${l}.weight`, shape: [H], fields: ["weight"], role: "parameter" },
		{ name: `norms.${l}.bias`, shape: [H], fields: ["bias"], role: "parameter" },
	],
	apply:
		({ weight, bias, eps }, H) =>
		(x, z) => {
			let mean = 0;
			for (let h = 0; h < H; h++) mean += x[h]! / H;
			let variance = 0;
			for (let h = 0; h < H; h++) variance += (x[h]! - mean) ** 2 / H;
			const inverse = 1 / Math.sqrt(variance + eps);
			for (let h = 0; h < H; h++) z[h] = (x[h]! - mean) * inverse * weight[h]! + bias[h]!;
		},
	fold: () => undefined,
};
