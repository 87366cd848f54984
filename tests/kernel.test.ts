// The C kernel held to the reference interpreter by bytes, over random networks of every precision.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { readBlob } from "../src/model/read-blob";
import { writeBlob } from "../src/model/write-blob";
import { Reference } from "../src/reference/reference";
import { random, randomNetwork, randomSamples } from "./random-network";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

describe("kernel and reference agree by bytes", () => {
	test("500 random networks: logits and saved state, whole and in any chunks", () => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= 500; seed++) {
			const network = randomNetwork(seed);
			const blob = writeBlob(network, sha256);
			const samples = randomSamples(seed, 60, network.channels);
			const reference = new Reference(readBlob(blob));
			const whole = new NativeKernel(blob);
			const cut = new NativeKernel(blob);
			reference.write(samples);
			whole.write(samples);
			const next = random(seed);
			for (let at = 0; at < samples.length; ) {
				const steps = Math.floor(next() * 9);
				const end = Math.min(samples.length, at + steps * network.channels);
				cut.write(samples.subarray(at, end));
				if (steps === 4) cut.restoreState(cut.saveState());
				at = end;
			}
			const logits = reference.logits();
			expect(whole.logits(), `seed ${seed}`).toEqual(logits);
			expect(cut.logits(), `seed ${seed}`).toEqual(logits);
			expect(whole.saveState().slice(8, -4), `seed ${seed}`).toEqual(reference.stateBytes());
			expect(cut.saveState(), `seed ${seed}`).toEqual(whole.saveState());
			for (const logit of logits) seen.add(logit);
		}
		expect(seen.size).toBeGreaterThan(1000); // the networks are alive: not all saturated or zero
	});
});
