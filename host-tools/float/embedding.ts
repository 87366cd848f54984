// The embedding: x = row `token` of the weights.
import type { FloatEncoderKind } from "./kind";

export interface FloatEmbedding {
	kind: "embedding";
	vocabulary: number;
	weight: Float64Array; // (vocabulary, H)
}

export const embedding: FloatEncoderKind<FloatEmbedding> = {
	tensors: ({ vocabulary }, { H }) => [
		{ name: "encoder.weight", shape: [vocabulary, H], fields: ["weight"], role: "parameter" },
	],
	apply:
		({ weight }, { H }) =>
		([token], x) =>
			x.set(weight.subarray(token! * H, (token! + 1) * H)),
	macs: () => 0,
};
