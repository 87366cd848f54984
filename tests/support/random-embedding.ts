// Random networks whose encoder is an embedding: those of random-network.ts, whose draws stay as they are, with another encoder.

import type { Embedding } from "../../src/network/embedding";
import type { Network } from "../../src/network/network";
import {
	coarseScaleOf,
	int,
	type Next,
	pick,
	random,
	randomCodes,
	randomNetwork,
	randomSamples,
	WEIGHTS,
} from "./random-network";

function draw(next: Next, H: number, residualMax: number): Embedding {
	const vocabulary = pick(next, [2, 3, 15, 37, 256]);
	const bits = pick(next, WEIGHTS);
	return {
		kind: "embedding",
		vocabulary,
		bits,
		table: randomCodes(next, vocabulary * H, bits),
		// a code counts as one of nine bits; some rows saturate
		scale: Uint8Array.from({ length: H }, () => coarseScaleOf((residualMax / 256) * 1.5 * (0.1 + next()))),
		bias: Int16Array.from({ length: H }, () => int(next, -residualMax / 4, residualMax / 4)),
	};
}

/** `randomNetwork` with an embedding, and the one channel that it takes. */
export function randomEmbedding(seed: number, heads?: number): Network & { encoder: Embedding } {
	const network = randomNetwork(seed, heads);
	const next = random(seed ^ 0xe3bed);
	return {
		...network,
		input: [{ name: "token", unit: "", scale: 1, offset: 0 }],
		encoder: draw(next, network.H, 2 ** (network.residualBits - 1) - 1),
	};
}

/** Samples that a network may get: tokens where it takes such, some of them beyond its vocabulary. */
export function samplesFor({ encoder, input }: Network, seed: number, steps: number): Int16Array {
	if (encoder.kind !== "embedding") return randomSamples(seed, steps, input.length);
	const next = random(seed ^ 0x70ce2);
	const { vocabulary } = encoder;
	return Int16Array.from({ length: steps }, () =>
		next() < 0.9 ? int(next, 0, vocabulary - 1) : pick(next, [-32768, -1, vocabulary, vocabulary + 1, 32767]),
	);
}
