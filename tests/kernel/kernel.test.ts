// The C kernel held to the reference interpreter by bytes, over random networks of every precision.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { Reference } from "../../src/reference/reference";
import { randomChannels } from "../support/random-channels";
import { randomEmbedding, samplesFor } from "../support/random-embedding";
import { random, randomNetwork, randomSamples } from "../support/random-network";
import { randomS5Network } from "../support/random-s5";
import { randomValues } from "../support/random-values";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

const draws = [
	{ name: "S4D", draw: randomNetwork },
	{ name: "S5, or S5 and S4D", draw: randomS5Network },
	{ name: "the same with any channel mixer", draw: randomChannels },
	{ name: "S4D with a head of values", draw: randomValues },
	{ name: "S4D behind an embedding", draw: randomEmbedding },
];

describe("kernel and reference agree by bytes", () => {
	test.each(draws)(
		"[A15, A34] 510 random networks of $name: logits and saved state, whole and in any chunks",
		({ draw }) => {
			const seen = new Set<number>();
			for (let seed = 1; seed <= 510; seed++) {
				// the last ten with 31 to 40 heads, of which 32 at most pass in blocks of steps
				const network = draw(seed, seed > 500 ? seed - 470 : undefined);
				const blob = writeBlob(network, sha256);
				const samples = samplesFor(network, seed, 60);
				const reference = new Reference(readBlob(blob));
				const whole = new NativeKernel(blob);
				const cut = new NativeKernel(blob, undefined, "preferred"); // rows are unpacked once
				reference.write(samples);
				whole.write(samples);
				const next = random(seed);
				for (let at = 0; at < samples.length; ) {
					const steps = Math.floor(next() * 9);
					const end = Math.min(samples.length, at + steps * network.input.length);
					cut.write(samples.subarray(at, end));
					if (steps === 4) cut.restoreState(cut.saveState());
					at = end;
				}
				const logits = reference.outputs();
				expect(whole.outputs(), `seed ${seed}`).toEqual(logits);
				expect(cut.outputs(), `seed ${seed}`).toEqual(logits);
				expect(whole.saveState().slice(8, -4), `seed ${seed}`).toEqual(reference.stateBytes());
				expect(cut.saveState(), `seed ${seed}`).toEqual(whole.saveState());
				cut.reset();
				cut.write(samples);
				expect(cut.outputs(), `seed ${seed}`).toEqual(logits);
				for (const logit of logits) seen.add(logit);
			}
			expect(seen.size).toBeGreaterThan(1000); // the networks are alive: not all saturated or zero
		},
	);

	test("the random S5 networks are alive: drives and states move and mostly do not saturate", () => {
		let [moved, full, count] = [0, 0, 0];
		const kinds = new Set<string>();
		for (let seed = 1; seed <= 60; seed++) {
			const network = randomS5Network(seed);
			network.blocks.forEach(({ mixer }, l) => {
				kinds.add(`${mixer.kind} ${mixer.A.kind} ${mixer.x.rounding}`);
				if (mixer.kind !== "s5") return;
				const samples = randomSamples(seed, 60, network.input.length);
				const reference = new Reference(network);
				reference.write(samples);
				const { x } = arenaLayout(network);
				const from = reference.stateBytes().length - x.slice(l).reduce((a, b) => a + b, 0);
				const bytes = reference.stateBytes().slice(from, from + x[l]!).buffer;
				const wide = mixer.x.bits > 8;
				const state = (wide ? new Int16Array(bytes) : new Int8Array(bytes)).subarray(0, 2 * mixer.P);
				const most = 2 ** (mixer.x.bits - 1) - 1;
				for (const v of state) {
					count++;
					if (v !== 0) moved++;
					if (Math.abs(v) === most) full++;
				}
			});
		}
		expect(moved / count).toBeGreaterThan(0.6);
		expect(full / count).toBeLessThan(0.3);
		for (const poles of ["cartesian", "harmonic", "logarithmic"])
			for (const rounding of ["nearest", "dithered"])
				for (const kind of ["s5", "s4d"]) expect(kinds).toContain(`${kind} ${poles} ${rounding}`);
	});
});
