// The C kernel held to the reference interpreter by bytes, over random networks of every precision.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { readBlob } from "../src/blob/read";
import { writeBlob } from "../src/blob/write";
import { Reference } from "../src/reference/reference";
import { random, randomNetwork, randomSamples } from "./random-network";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

describe("kernel and reference agree by bytes", () => {
	test("[A15, A34] 510 random networks: logits and saved state, whole and in any chunks", () => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= 510; seed++) {
			// the last ten with 31 to 40 heads, of which 32 at most pass in blocks of steps
			const network = randomNetwork(seed, seed > 500 ? seed - 470 : undefined);
			const blob = writeBlob(network, sha256);
			const samples = randomSamples(seed, 60, network.input.length);
			const reference = new Reference(readBlob(blob));
			const whole = new NativeKernel(blob);
			const cut = new NativeKernel(blob);
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
			for (const logit of logits) seen.add(logit);
		}
		expect(seen.size).toBeGreaterThan(1000); // the networks are alive: not all saturated or zero
	});
});
