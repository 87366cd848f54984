// BatchNorm1d in evaluation form: z = (x - mean) / sqrt(variance + eps) * weight + bias.
import type { FloatNormKind } from "./kind";

/** Each array (H). */
export interface BatchNorm {
	kind: "batch";
	weight: Float64Array;
	bias: Float64Array;
	mean: Float64Array;
	variance: Float64Array;
	eps: number;
}

function fold(norm: BatchNorm, H: number): { scale: Float64Array; offset: Float64Array } {
	const scale = new Float64Array(H);
	const offset = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		scale[h] = norm.weight[h]! / Math.sqrt(norm.variance[h]! + norm.eps);
		offset[h] = norm.bias[h]! - norm.mean[h]! * scale[h]!;
	}
	return { scale, offset };
}

export const batch: FloatNormKind<BatchNorm> = {
	tensors: (_, { H }, l) => [
		{ name: `norms.${l}.weight`, shape: [H], fields: ["weight"], role: "parameter" },
		{ name: `norms.${l}.bias`, shape: [H], fields: ["bias"], role: "parameter" },
		{ name: `norms.${l}.running_mean`, shape: [H], fields: ["mean"], role: "mean" },
		{ name: `norms.${l}.running_var`, shape: [H], fields: ["variance"], role: "variance" },
	],
	apply(norm, H) {
		const { scale, offset } = fold(norm, H);
		return (x, z) => {
			for (let h = 0; h < H; h++) z[h] = x[h]! * scale[h]! + offset[h]!;
		};
	},
	fold,
};
