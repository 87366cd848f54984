// The kernel as WebAssembly: made of the sources as they are now, and the same in every byte as the reference and as the kernel
// built for this machine.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { Kernel } from "../../host-tools/kernel/kernel";
import { NativeKernel } from "../../host-tools/kernel/native";
import { writeBlob } from "../../src/blob/write";
import { Reference } from "../../src/reference/reference";
import { extremes, noises, randomBlob, sha256, verdictOf } from "../support/hostile-blob";
import { random, randomNetwork, randomSamples } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";
import { randomS5Network } from "../support/random-s5";
import { temporaryFolder } from "../support/xs-run";

const DRAWS = [randomNetwork, randomS5Network, randomLayerNorms, randomRmsNorms];
const WASM = projectPath("firmware/targets/wasm/essm.wasm");

describe("essm.wasm", () => {
	test("has the bytes that Debian 12's clang makes of the sources", ({ skip }) => {
		const built = join(temporaryFolder(), "essm.wasm");
		const make = spawnSync("make", ["-s", "-C", projectPath("firmware/targets/wasm"), `OUT=${built}`], {
			encoding: "utf8",
		});
		expect(make.status, make.stderr).toBe(0);
		skip(!existsSync(built), make.stdout.trim());
		expect(
			readFileSync(built).equals(readFileSync(WASM)),
			"firmware/targets/wasm/essm.wasm is not what the sources make: run npm run generate, and commit it",
		).toBe(true);
	});

	test("needs nothing from outside, and is small", () => {
		const bytes = readFileSync(WASM);
		expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
		expect(bytes.length).toBeLessThan(40_000);
	});
});

test("400 random networks of every kind: the reference's outputs and state, however the stream is cut", () => {
	for (let seed = 1; seed <= 400; seed++) {
		const network = DRAWS[seed % DRAWS.length]!(seed, seed > 390 ? seed - 360 : undefined);
		const blob = writeBlob(network, sha256);
		const samples = randomSamples(seed, 60, network.input.length);
		const [reference, whole, cut] = [new Reference(network), new Kernel(blob), new Kernel(blob)];
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
		expect(whole.outputs(), `seed ${seed}`).toEqual(reference.outputs());
		expect(cut.outputs(), `seed ${seed}`).toEqual(reference.outputs());
		expect(whole.saveState().slice(8, -4), `seed ${seed}`).toEqual(reference.stateBytes());
		expect(cut.saveState(), `seed ${seed}`).toEqual(whole.saveState());
		expect(whole.arenaBytes).toBe(new NativeKernel(blob).arena.length);
	}
});

test("damaged blobs get the verdict that the kernel of this machine gives", () => {
	const samples = randomSamples(9, 24, 8);
	const verdicts = new Set<string>();
	DRAWS.forEach((draw, i) => {
		const blob = randomBlob(70 + i, 6, draw);
		let n = 0;
		for (const damaged of [...extremes(blob), ...noises(blob, 40)]) {
			if (n++ % 17) continue;
			const verdict = verdictOf(Kernel, damaged, samples);
			expect(verdict).toBe(verdictOf(NativeKernel, damaged, samples));
			verdicts.add(verdict.slice(0, 10));
		}
	});
	expect(verdicts.size).toBeGreaterThan(8);
});

test("20,000 models are open one after the other, for the collector frees them", () => {
	const blob = randomBlob(3);
	const samples = randomSamples(3, 4, 8);
	const expected = verdictOf(NativeKernel, blob, samples);
	for (let i = 0; i < 20_000; i++) expect(verdictOf(Kernel, blob, samples)).toBe(expected);
});

test("a stream of any length is one call, and one that pooling is not proven for is refused as a whole", () => {
	let seed = 1;
	while (randomNetwork(seed).head.pooling !== "mean") seed++;
	const network = randomNetwork(seed, 4);
	expect(network.head.pooling).toBe("mean");
	const kernel = new Kernel(writeBlob(network, sha256));
	const steps = (count: number) => randomSamples(5, count, network.input.length);
	expect(() => kernel.write(steps(65_537))).toThrow("ESSM_E_LENGTH");
	expect(() => kernel.outputs()).toThrow("ESSM_E_EMPTY");
	kernel.write(steps(65_536));
	const reference = new Reference(network);
	reference.write(steps(65_536));
	expect(kernel.outputs()).toEqual(reference.outputs());
	expect(() => kernel.write(steps(1))).toThrow("ESSM_E_LENGTH");
	expect(() => kernel.restoreState(kernel.saveState().subarray(1))).toThrow("ESSM_E_STATE");
	expect(() => kernel.write(new Int16Array(network.input.length + 1))).toThrow(RangeError);
});
