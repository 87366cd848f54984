// Random networks with a stream's settings: those of random-network.ts, whose draws stay as they are.
import type { Network } from "../../src/network/network";
import { BACKGROUND, type Reporting } from "../../src/network/stream";
import { int, random, randomNetwork } from "./random-network";

export function randomStream(seed: number, heads?: number): Network & { stream: Reporting } {
	const network = randomNetwork(seed, heads);
	const next = random(seed ^ 0x57eea);
	const window = int(next, 0, 3) ? int(next, 1, 65_536) : 0;
	return {
		...network,
		stream: {
			window,
			hop: int(next, window ? 0 : 1, window || 65_536),
			smoothing: int(next, 0, 8),
			hold: int(next, 0, 255),
			thresholds: Uint32Array.from(network.labels, () => (next() < 0.3 ? BACKGROUND : int(next, 0, 1 << 30))),
		},
	};
}
