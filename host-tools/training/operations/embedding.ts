// The embedding; native/kinds/encoder_embedding.c.
import type { Embedding } from "../../../src/network/embedding";
import type { FloatEmbedding } from "../../float/embedding";
import { CHUNK, type Operation, type PutEnd, type StartableEncoder } from "./operation";

export const embedding: Operation<FloatEmbedding> & StartableEncoder<FloatEmbedding> = {
	spec: ({ vocabulary }) => ({ kind: "encoder_embedding", size: vocabulary }),
	kept: () => CHUNK,
	// PyTorch's default: a normal distribution of variance 1.
	takesTokens: true,
	fresh: ({ tokens: vocabulary = 0 }, H, random) => ({
		...{ kind: "embedding", vocabulary },
		weight: Float64Array.from({ length: vocabulary * H }, () => random.bell()),
	}),
};

export const putEmbedding: PutEnd<Embedding> = (sink, { bits, table, scale, bias }) => {
	sink.integers(scale);
	sink.integers(bias);
	for (const code of table) sink.integer(code << (9 - bits));
};
