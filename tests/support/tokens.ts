// Data sets of random tokens.
import type { Dataset } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";

/** Sequences of tokens. */
export function tokens(seed: number, count: number, T: number, vocabulary: number): Dataset {
	const random = new Random(seed);
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + random.below(T)));
	return {
		...{ name: "tokens", split: "train", channels: 1, T, count, lengths, tokens: vocabulary },
		values: Float32Array.from({ length: count * T }, () => random.below(vocabulary)),
		targets: { kind: "classes", names: ["a", "b", "c"], of: new Uint8Array(count) },
	};
}
