// The embedding: the row of a token to the residual stream, before saturation [A60].
import { applyCoarseScale, clamp } from "../arithmetic/arithmetic";
import type { Embedding } from "../network/embedding";

export function embedding(
	{ vocabulary, bits, table, scale, bias }: Embedding,
	sample: Int16Array,
	out: Int32Array,
): void {
	const row = clamp(sample[0]!, 0, vocabulary - 1) * out.length;
	for (let h = 0; h < out.length; h++)
		out[h] = applyCoarseScale(table[row + h]! << (9 - bits), scale[h]!) + bias[h]!;
}
