// S5 and its channel mixers in the native trainer's integers: held to the reference by bytes over random networks, in both builds.
import { expect, test } from "vitest";
import { compareLogits } from "../support/integer-trainer";
import { randomChannels } from "../support/random-channels";

test.each([
	["float", 500],
	["double", 150],
] as const)(
	"%s: logits of %d random networks",
	async (precision, count) => {
		const seen = new Set<number>();
		const kinds = new Set<string>();
		for (let seed = 1; seed <= count; seed++) {
			const network = randomChannels(seed);
			for (const logit of await compareLogits(network, seed, precision)) seen.add(logit);
			for (const { mixer, channel } of network.blocks) {
				kinds.add(`${mixer.kind} ${channel.kind}`);
				if (mixer.kind === "s5") kinds.add(`x ${mixer.x.bits} ${mixer.x.rounding}`).add(mixer.A.kind);
			}
		}
		expect(seen.size).toBeGreaterThan(8 * count); // the networks are alive: not all saturated or zero
		// Mixers by channel mixers, widths of x by rounding, codings of poles.
		expect(kinds.size).toBe(2 * 4 + 6 * 2 + 3);
	},
	1_000_000,
);
