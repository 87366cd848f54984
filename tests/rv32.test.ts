// The application that ships on bare RV32IMC under QEMU, over its UART: the same bytes as the reference, memory and
// instructions as on a small device, resets and power cuts. Left out, saying so, where QEMU or the toolchain are missing;
// never in CI.
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { projectPath } from "../host-tools/common/project";
import { openDataset } from "../host-tools/datasets/open";
import { DeviceClient } from "../host-tools/device/client";
import { joinStreams } from "../host-tools/device/transport";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { pack } from "../host-tools/packing/pack";
import { choosePrecision, DEFAULT_PRESET } from "../host-tools/quantization/precision";
import { buildRv32, rv32Command } from "../host-tools/simulator/rv32";
import { missingRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { Simulator } from "../host-tools/simulator/simulator";
import { crc32 } from "../src/bytes/crc32";
import { HEADER } from "../src/model/blob-layout";
import { readBlob } from "../src/model/read-blob";
import { writeBlob } from "../src/model/write-blob";
import { Reference } from "../src/reference/reference";
import { randomNetwork, randomSamples } from "./random-network";
import { sharedPath } from "./shared";
import { temporaryFolder } from "./xs-run";

const RAM_BYTES = 320 * 1024;
const MOST_RAM = 64 * 1024;
/** Random networks that are loaded and held to the kernel: a second each. */
const NETWORKS = Number(process.env.RV32_NETWORKS ?? (process.env.CI ? 100 : 8));

const missing = await missingRv32Tools();
if (missing !== undefined) {
	const left = `rv32 is left out: ${missing} not installed`;
	if (process.env.CI) throw new Error(left);
	console.warn(left);
}

interface Made {
	blob: Uint8Array;
	crc: number;
	identity: Uint8Array;
	channels: number;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

function made(blob: Uint8Array, channels: number): Made {
	return { blob, crc: crc32(blob), identity: blob.slice(HEADER.identity, HEADER.identity + 32), channels };
}

/** A random network with a golden vector, so that it can prove itself. */
function randomModel(seed: number): Made {
	const network = randomNetwork(seed);
	const samples = randomSamples(seed + 1, 24, network.channels);
	const reference = new Reference(readBlob(writeBlob(network, sha256)));
	reference.write(samples);
	network.golden = [{ samples, logits: reference.logits() }];
	return made(writeBlob(network, sha256), network.channels);
}

async function trainedModel(checkpoint: string, data: string): Promise<Made> {
	const model = importCheckpoint(checkpoint);
	const { blob } = pack(model, await openDataset(data, "train", { limit: 64 }), {
		checkpointHash: "",
		precision: choosePrecision(model.L),
		preset: DEFAULT_PRESET,
		calibrate: 32,
		how: { method: "minmax" },
		golden: 2,
		goldenSteps: 64,
	});
	return made(blob, model.channels);
}

describe.skipIf(missing !== undefined)("rv32", () => {
	let program: string;
	let h16: Made | undefined;
	let motion: Made;

	beforeAll(async () => {
		program = await buildRv32();
		motion = await trainedModel(projectPath("models/motion.safetensors"), "motion");
		const checkpoint = sharedPath("checkpoints/smnist-s4d-h16.safetensors");
		const mnist = sharedPath("data/mnist");
		if (checkpoint && mnist) h16 = await trainedModel(checkpoint, mnist);
		else console.warn("rv32: without ../shared the memory of the h16 model is left out");
	});

	function powerOn(flashFile: string) {
		const simulator = new Simulator(rv32Command(program, { flashFile }));
		const client = new DeviceClient({ stream: joinStreams(simulator), timeout: 20_000 });
		onTestFinished(() => void simulator.kill());
		return { simulator, client };
	}

	const load = (client: DeviceClient, { blob, crc, identity }: Made) => client.load(blob, crc, identity);

	async function agrees(client: DeviceClient, { blob, channels }: Made, seed: number, steps: number) {
		const samples = randomSamples(seed, steps, channels);
		const kernel = new NativeKernel(blob);
		kernel.write(samples);
		expect(await client.infer(samples, channels)).toEqual(kernel.logits());
	}

	test("loads models over the UART and gives the kernel's logits by bytes", async () => {
		const { client, simulator } = powerOn(join(temporaryFolder(), "flash.bin"));
		expect(await client.info()).toMatchObject({ target: "rv32" });
		for (const model of [
			motion,
			...(h16 ? [h16] : []),
			...Array.from({ length: NETWORKS }, (_, i) => randomModel(31 + i)),
		]) {
			await load(client, model);
			expect((await client.info()).model).toMatchObject({
				length: model.blob.length,
				identity: model.identity,
			});
			expect(await client.selfTest()).toBeGreaterThan(0);
			await agrees(client, model, 7, 50);
		}
		expect(simulator.log.join("\n")).toContain("model in slot");
	}, 600_000);

	test("the running application takes little of 320 KB", async () => {
		const { client } = powerOn(join(temporaryFolder(), "flash.bin"));
		const model = h16 ?? motion;
		await load(client, model);
		await agrees(client, model, 1, 64);
		const memory = await client.memory();
		const { heapFreeMinimum, nativeStackFreeMinimum, slotBytes } = memory as Record<string, number>;
		const used = RAM_BYTES - heapFreeMinimum!;
		console.log(`rv32: ${used} bytes of RAM in all; ${JSON.stringify(memory)}`);
		expect(slotBytes).toBe(16);
		expect(nativeStackFreeMinimum).toBeGreaterThan(512);
		expect(used).toBeLessThanOrEqual(MOST_RAM);
	});

	test("tells the time of a step in instructions, the same each time", async () => {
		const { client } = powerOn(join(temporaryFolder(), "flash.bin"));
		await load(client, h16 ?? motion);
		const [first, ...others] = await client.timing(3, 64);
		expect(first).toBeGreaterThan(0);
		console.log(`rv32: ${Math.round((160 * first!) / 64)} instructions a step, called from JavaScript`);
		for (const other of others) expect(Math.abs(other - first!)).toBeLessThan(0.05 * first!);
	});

	test("a power cut during a load leaves the old model, a whole load the new one", async () => {
		const flashFile = join(temporaryFolder(), "flash.bin");
		const [old, next] = [randomModel(21), randomModel(22)];
		let { client, simulator } = powerOn(flashFile);
		await load(client, old);
		const loading = load(client, next).catch(() => "cut");
		await new Promise((resolve) => setTimeout(resolve, 60));
		await simulator.kill();
		await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 10))]);

		({ client, simulator } = powerOn(flashFile));
		const { model } = await client.info();
		expect([old.crc >>> 0, next.crc >>> 0]).toContain(model?.crc);
		await agrees(client, model?.crc === old.crc >>> 0 ? old : next, 2, 30);
		await load(client, next);
		await simulator.kill();

		({ client, simulator } = powerOn(flashFile));
		expect((await client.info()).model?.crc).toBe(next.crc >>> 0);
		await client.reset();
		expect((await client.info()).model?.crc).toBe(next.crc >>> 0);
		await agrees(client, next, 3, 30);
		await simulator.kill();
	});

	afterAll(() => {
		if (program) console.log(`rv32: the program has ${statSync(program).size} bytes with symbols`);
	});
});
