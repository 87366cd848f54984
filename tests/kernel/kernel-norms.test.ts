// The C kernel held to the reference by bytes over random networks with norms over the heads of a step, q-GELU, ReLU and hard
// sigmoid: outputs and saved states, however the stream is cut; and what both make of such networks damaged.
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import type { Network } from "../../src/network/network";
import { provenNetwork } from "../../src/network/prove";
import { Reference } from "../../src/reference/reference";
import {
	changed,
	componentHeaders,
	extremes,
	kernelVerdict,
	noises,
	randomBlob,
	readerVerdict,
	sha256,
} from "../support/hostile-blob";
import { random, randomSamples } from "../support/random-network";
import { randomLayerNorms, randomNorms, randomRmsNorms } from "../support/random-norms";

const DRAWS = { layer: randomLayerNorms, rms: randomRmsNorms };

/** Both engines over the same samples, the kernel also in any chunks; the outputs. */
function agree(network: Network, seed: number, steps: number): Int32Array {
	const blob = writeBlob(network, sha256);
	const samples = randomSamples(seed, steps, network.input.length);
	const reference = new Reference(network);
	const whole = new NativeKernel(blob);
	const cut = new NativeKernel(blob);
	reference.write(samples);
	whole.write(samples);
	const next = random(seed);
	for (let at = 0; at < samples.length; ) {
		const chunk = Math.floor(next() * 9);
		const end = Math.min(samples.length, at + chunk * network.input.length);
		cut.write(samples.subarray(at, end));
		if (chunk === 4) cut.restoreState(cut.saveState());
		at = end;
	}
	const outputs = reference.outputs();
	expect(whole.arena.length).toBe(arenaLayout(network).total);
	expect(whole.outputs(), `seed ${seed}`).toEqual(outputs);
	expect(cut.outputs(), `seed ${seed}`).toEqual(outputs);
	expect(whole.saveState().slice(8, -4), `seed ${seed}`).toEqual(reference.stateBytes());
	expect(cut.saveState(), `seed ${seed}`).toEqual(whole.saveState());
	return outputs;
}

describe.each(["layer", "rms"] as const)("%s", (kind) => {
	test("300 random networks: outputs and saved state, whole and in any chunks", () => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= 300; seed++) {
			// the last ten with 31 to 40 heads, of which 32 at most pass in blocks of steps
			const network = randomNorms(seed, kind, seed > 290 ? seed - 260 : undefined);
			for (const output of agree(network, seed, 60)) seen.add(output);
		}
		expect(seen.size).toBeGreaterThan(600); // the networks are alive: not all saturated or zero
	});

	test("as many heads as there may be", () => {
		const network = randomNorms(2, kind, 1024);
		agree({ ...network, blocks: network.blocks.slice(0, 1) }, 2, 3);
	});

	test("blobs give the same network back, and the same bytes", () => {
		for (let seed = 1; seed <= 100; seed++) {
			const network = randomNorms(seed, kind);
			const blob = writeBlob(network, sha256);
			expect(readBlob(blob), `seed ${seed}`).toEqual(network);
			expect(writeBlob(readBlob(blob), sha256), `seed ${seed}`).toEqual(blob);
		}
	});
});

const samples = randomSamples(9, 4, 6);

/** Both verdicts, held equal. */
function verdict(blob: Uint8Array, what: string): string {
	const said = readerVerdict(blob, samples);
	expect(kernelVerdict(blob, samples), what).toBe(said);
	return said.startsWith("ESSM_E_") ? said : "accepted";
}

/** A network whose first block has this norm before and after. */
function both(kind: "layer" | "rms"): Network {
	for (let seed = 1; ; seed++) {
		const network = randomNorms(seed, kind);
		const { norm, post } = network.blocks[0]!;
		if (norm.kind === kind && post.kind === kind && network.H < 8 && network.blocks.length === 1)
			return network;
	}
}

describe.each(["layer", "rms"] as const)("%s, damaged with a CRC-32 that matches", (kind) => {
	const blob = randomBlob(1, undefined, () => both(kind));

	test("every byte flipped, and every field at its extremes", () => {
		const seen = new Set<string>();
		for (let at = 0; at < blob.length; at++)
			for (const mask of [0x01, 0x80, 0xff])
				seen.add(
					verdict(
						changed(blob, (copy) => (copy[at]! ^= mask)),
						`byte ${at} ^ ${mask}`,
					),
				);
		let count = 0;
		for (const hostile of extremes(blob)) seen.add(verdict(hostile, `case ${count++}`));
		for (const name of ["KIND", "LAYOUT", "PRECISION"]) expect(seen).toContain(`ESSM_E_${name}`);
		expect(seen).toContain("accepted");
	});

	test("numbers that no writer would prove give the same bytes", () => {
		for (let seed = 1; seed <= 60; seed++)
			for (const hostile of noises(randomBlob(seed, undefined, DRAWS[kind]), 3))
				expect(verdict(hostile, `network ${seed}`)).toBe("accepted");
	});

	test("[B22] an epsilon of 0, before or after, is refused", () => {
		const { start } = readContainer(blob).blocks[0]!;
		const [, norm, , , , , post] = componentHeaders(blob).filter(({ at }) => at >= start);
		for (const at of [norm!.at + 4, post!.at]) {
			expect(verdict(blob, "as it is")).toBe("accepted");
			expect(
				verdict(
					changed(blob, (_, view) => view.setUint32(at, 0)),
					"no epsilon",
				),
			).toBe("ESSM_E_PRECISION");
		}
	});
});

describe("the proof", () => {
	type Change = (block: Network["blocks"][number]) => void;
	const cases: [string, RegExp, Change][] = [
		["an epsilon of 0", /^block 0 norm epsilon: /, ({ norm }) => Object.assign(norm, { epsilon: 0 })],
		["an epsilon of 1.5", /^block 0 post epsilon: /, ({ post }) => Object.assign(post, { epsilon: 1.5 })],
		[
			"an epsilon of 2^32",
			/^block 0 norm epsilon: /,
			({ norm }) => Object.assign(norm, { epsilon: 2 ** 32 }),
		],
		["u of 9 bits", /^block 0 norm bits: /, ({ norm }) => Object.assign(norm, { bits: 9 })],
		["u of 3 bits", /^block 0 norm bits: /, ({ norm }) => Object.assign(norm, { bits: 3 })],
		[
			"a scale missing",
			/^block 0 norm scale: has 0 elements/,
			({ norm }) => Object.assign(norm, { scale: new Uint16Array(0) }),
		],
		[
			"a zero too many",
			/^block 0 post zero: has 99 elements/,
			({ post }) => Object.assign(post, { zero: new Int16Array(99) }),
		],
		[
			"a sign of 2",
			/^block 0 post signs: element 0 is 2/,
			({ post, norm }) => Object.assign(post, { negative: new Uint8Array(norm.scale.length).fill(2) }),
		],
		[
			"an unknown gate",
			/^block 0 channel gate table: tanh/,
			({ channel }) => Object.assign(channel, { gateTable: "tanh" }),
		],
		[
			"a rectifier of 9 bits",
			/^block 0 activation bits: /,
			(block) => Object.assign(block, { activation: { kind: "relu", bits: 9, scale: 0, zero: 0 } }),
		],
	];
	test.each(cases)("[A39] refuses %s, naming it", (_, message, change) => {
		const network = both("layer");
		provenNetwork(network); // good before the change
		change(network.blocks[0]!);
		expect(() => provenNetwork(network)).toThrow(message);
	});
});
