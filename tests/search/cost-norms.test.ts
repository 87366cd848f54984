// What norms over the heads of a step cost, in instructions of RV32IMC that QEMU counts, sixteen samples per call, beside
// the folded norm of smnist-h16-w4a6x8 (16 heads, 3 modes each). Left out, saying so, where QEMU or the toolchain are missing; never in CI.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildCounter, countSteps } from "../../benchmarks/rv32/count";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import type { Block, Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { scaleOf } from "../support/random-network";

const missing = await missingRv32Tools();
if (missing !== undefined) {
	const left = `the cost of norms is left out: ${missing} not installed`;
	if (process.env.CI) throw new Error(left);
	console.warn(left);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** Instructions of a step of the network with these blocks, on the samples of its first golden vector. */
function count(network: Network, blocks: Block[]): Promise<number> {
	const changed = { ...network, blocks };
	const reference = new Reference(changed);
	const samples = network.golden[0]!.samples.slice(0, 64 * network.input.length);
	reference.write(samples);
	return countSteps(writeBlob({ ...changed, golden: [{ samples, outputs: reference.outputs() }] }, sha256));
}

test.skipIf(missing !== undefined)(
	"LayerNorm and RMSNorm add at most 15 % to a block of 16 heads",
	async () => {
		await buildCounter();
		const network = readBlob(readFileSync("models/smnist-h16-w4a6x8.essm"));
		const { H } = network;
		expect(H).toBe(16);
		const block = network.blocks[0]!;
		const one = await count(network, [block]);
		const whole = (await count(network, [block, block])) - one;
		/** One standard deviation is 32 codes of u, or 4,096 units of the residual. */
		const norm = (unit: number) => ({
			epsilon: 1000,
			negative: new Uint8Array(H),
			scale: new Uint16Array(H).fill(scaleOf((unit * Math.sqrt(H)) / 2 ** 17)),
			zero: new Int16Array(H),
		});
		const bits = block.norm.bits;
		const blocks: Record<string, Block> = {
			"LayerNorm before": { ...block, norm: { kind: "layer", bits, ...norm(8192) } },
			"RMSNorm before": { ...block, norm: { kind: "rms", bits, ...norm(8192) } },
			"LayerNorm after": { ...block, post: { kind: "layer", ...norm(4096) } },
			"RMSNorm after": { ...block, post: { kind: "rms", ...norm(4096) } },
		};
		console.log(`a block of smnist-h16-w4a6x8: ${whole.toFixed(0)} instructions per step`);
		const parts: number[] = [];
		for (const [name, changed] of Object.entries(blocks)) {
			const added = (await count(network, [changed])) - one;
			console.log(`${name}: ${added.toFixed(0)} more, ${((100 * added) / whole).toFixed(1)} %`);
			expect(added).toBeGreaterThan(0);
			parts.push(added / whole);
		}
		expect(Math.max(...parts)).toBeLessThan(0.15);
	},
	120_000,
);
