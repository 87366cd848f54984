// Random networks of S5 and S4D blocks whose channel mixers are of any kind: those of random-s5.ts, whose draws stay as they are,
// with channel mixers drawn anew.
import type { Block, Channel, Network } from "../../src/network/network";
import { int, type Next, pick, random, scaleOf } from "./random-network";
import { randomS5Network } from "./random-s5";

function withChannel(block: Block, next: Next, H: number, residualBits: number): Channel {
	const { activation, channel, yFraction } = block;
	const kind = pick(next, ["glu", "half_glu1", "half_glu2", "ungated"] as const);
	if (channel.kind !== "glu" || kind === "glu") return channel;
	const { gate, gateFraction, valueShift } = channel;
	const gateTable = pick(next, ["sigmoid", "hard_sigmoid"] as const);
	const wild = next() < 0.1;
	/** So that a value of `size` is up to half of the residual. */
	const scales = (size: number, shift: number) =>
		Uint16Array.from({ length: H }, () =>
			wild ? int(next, 0, 65535) : scaleOf(((0.1 + next()) * 2 ** (residualBits - 3 - shift)) / size),
		);
	const shared = { gate, gateFraction, gateTable, valueShift };
	const zero = next() < 0.5 ? activation.zero : int(next, -128, 127);
	if (kind === "half_glu1") return { kind, ...shared, zero, scale: scales(2 ** activation.bits, valueShift) };
	if (kind === "half_glu2") return { kind, ...shared, scale: scales(2 ** (yFraction + 1), valueShift) };
	return { kind, zero, scale: scales(2 ** activation.bits, 0) };
}

/** The network of `randomS5Network` with channel mixers of any kind. */
export function randomChannels(seed: number, heads?: number): Network {
	const network = randomS5Network(seed, heads);
	const next = random(seed ^ 0xc4a);
	const blocks = network.blocks.map((block) => ({
		...block,
		channel: withChannel(block, next, network.H, network.residualBits),
	}));
	return { ...network, blocks };
}
