// RMSNorm over the heads of a step: z = x / sqrt(mean square + eps) weight.
import type { FloatNormKind } from "./kind";

export interface RmsNorm {
	kind: "rms";
	weight: Float64Array; // (H)
	eps: number;
}

export const rms: FloatNormKind<RmsNorm> = {
	tensors: (_, { H }, l) => [
		{ name: `norms.${l}.weight`, shape: [H], fields: ["weight"], role: "parameter" },
	],
	apply:
		({ weight, eps }, H) =>
		(x, z) => {
			let square = 0;
			for (let h = 0; h < H; h++) square += x[h]! ** 2 / H;
			const inverse = 1 / Math.sqrt(square + eps);
			for (let h = 0; h < H; h++) z[h] = x[h]! * inverse * weight[h]!;
		},
	fold: () => undefined,
};
