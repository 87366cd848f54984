// A sequence of 16,384 steps: the kernel on this machine and on RV32IMC gives the reference's outputs, in the arena of a short one.
import { expect, test } from "vitest";
import { buildCounter, countAll } from "../../benchmarks/rv32/count";
import { NativeKernel } from "../../host-tools/kernel/native";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { sha256 } from "../support/hostile-blob";
import { randomSamples } from "../support/random-network";
import { randomValues } from "../support/random-values";

const missing = await missingRv32Tools();
if (missing !== undefined) console.warn(`16,384 steps on rv32 are left out: ${missing} not installed`);

const STEPS = 16_384;

/** A small network, its outputs after the last of so many steps as golden vector. */
function blobOf(steps: number) {
	for (let seed = 1; ; seed++) {
		const network = randomValues(seed);
		if (network.head.moment !== "end") continue;
		network.steps = 0;
		const samples = randomSamples(7, steps, network.input.length);
		network.golden = [{ samples, outputs: runSequence(new Reference(network), network, samples) }];
		return { network, samples, blob: writeBlob(network, sha256) };
	}
}

test("on this machine, sixteen samples per call and one", () => {
	const { network, samples, blob } = blobOf(STEPS);
	const width = network.input.length;
	for (const chunk of [16, 1]) {
		const kernel = new NativeKernel(blob);
		for (let at = 0; at < samples.length; at += chunk * width)
			kernel.write(samples.subarray(at, at + chunk * width));
		expect([...kernel.outputs()]).toEqual([...network.golden[0]!.outputs]);
	}
});

test.skipIf(missing !== undefined)("on RV32IMC, in the same arena", async () => {
	await buildCounter();
	const { network, blob } = blobOf(STEPS);
	const [long, short] = [await countAll(blob), await countAll(blobOf(16).blob)];
	expect([long.steps, short.steps]).toEqual([STEPS, 16]);
	expect(long.arena).toBe(short.arena);
	expect(long.arena).toBe(arenaLayout(network).total);
});
