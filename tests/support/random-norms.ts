// Random networks with norms over the heads of a step and with the activations of their time: those of random-network.ts, whose
// draws stay as they are, with stages drawn anew.
import type { Block, Network, Norm, Post } from "../../src/network/network";
import type { Normalization } from "../../src/network/normalization";
import { int, type Next, random, randomNetwork, scaleOf } from "./random-network";

/** Scales that bring one standard deviation to about `unit`, some of them 0; now and then a scale and a zero far from that. */
function randomNormalization(next: Next, H: number, unit: number): Normalization {
	const wild = next() < 0.1;
	return {
		epsilon: next() < 0.2 ? int(next, 1, 0xffffffff) : int(next, 1, 2000 * H),
		negative: Uint8Array.from({ length: H }, () => int(next, 0, 1)),
		scale: Uint16Array.from({ length: H }, () =>
			next() < 0.05
				? 31 << 11
				: wild
					? int(next, 0, 65535)
					: scaleOf((unit * (0.3 + next()) * Math.sqrt(H)) / 2 ** 17),
		),
		zero: Int16Array.from({ length: H }, () =>
			wild ? int(next, -32768, 32767) : int(next, -unit / 2, unit / 2),
		),
	};
}

export type NormKind = "layer" | "rms";

function withKinds(block: Block, next: Next, H: number, kind: NormKind, residualBits: number): Block {
	const bits = int(next, 4, 8);
	const where = int(next, 0, 2); // before, after, both
	const before: Norm = { kind, bits, ...randomNormalization(next, H, 2 ** (bits + 5)) };
	const after: Post = { kind, ...randomNormalization(next, H, 2 ** (residualBits - 3)) };
	const { activation, channel } = block;
	if (channel.kind !== "glu") throw new Error("random-network.ts draws GLU only");
	const drawn = next();
	return {
		...block,
		norm: where === 1 ? block.norm : before,
		post: where === 0 ? block.post : after,
		activation:
			activation.kind !== "gelu" || drawn < 0.4
				? activation
				: drawn < 0.7
					? { ...activation, table: "qgelu" }
					: { kind: "relu", bits: activation.bits, scale: activation.scale, zero: activation.zero },
		channel: { ...channel, gateTable: next() < 0.5 ? "sigmoid" : "hard_sigmoid" },
	};
}

/** `randomNetwork` with norms of this kind before its mixers, after its channel mixers, or both. */
export function randomNorms(seed: number, kind: NormKind, heads?: number): Network {
	const network = randomNetwork(seed, heads);
	const next = random(seed ^ 0x1a7e5);
	const { H, residualBits } = network;
	const blocks = network.blocks.map((block) => withKinds(block, next, H, kind, residualBits));
	return { ...network, blocks };
}

export const randomLayerNorms = (seed: number, heads?: number) => randomNorms(seed, "layer", heads);
export const randomRmsNorms = (seed: number, heads?: number) => randomNorms(seed, "rms", heads);
