// The application that ships on bare RV32IMC under QEMU, over its UART: the same bytes as the reference, memory and
// instructions as on a small device, resets and power cuts. Left out, saying so, where QEMU or the toolchain are missing;
// never in CI.
import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Duplex, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { openDataset } from "../../host-tools/datasets/open";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { outputsOn } from "../../host-tools/evaluation/evaluate";
import { readBlobFile } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { NativeKernel } from "../../host-tools/kernel/native";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision, DEFAULT_PRESET } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { buildRv32, rv32Command } from "../../host-tools/simulator/rv32";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { Simulator } from "../../host-tools/simulator/simulator";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { CHUNK_LENGTH } from "../../src/link/commands";
import type { GoldenVector } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { identityOf } from "../support/link-fakes";
import { randomNetwork, randomSamples } from "../support/random-network";
import { sharedPath } from "../support/shared";
import { temporaryFolder } from "../support/xs-run";

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
	golden: readonly GoldenVector[];
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

function made(blob: Uint8Array): Made {
	const { input, golden } = readBlob(blob);
	const identity = identityOf(blob);
	return { blob, crc: crc32(blob) >>> 0, identity, channels: input.length, golden };
}

/** Every model that ships, by file name. */
function shippedModels(): Map<string, Made> {
	const files = readdirSync(projectPath("models")).filter((file) => file.endsWith(".essm"));
	return new Map(files.map((file) => [file, made(readBlobFile(projectPath(`models/${file}`)).bytes)]));
}

/** A random network with a golden vector, so that it can prove itself. */
function randomModel(seed: number): Made {
	const network = randomNetwork(seed);
	const samples = randomSamples(seed + 1, 24, network.input.length);
	const reference = new Reference(readBlob(writeBlob(network, sha256)));
	reference.write(samples);
	network.golden = [{ samples, outputs: reference.outputs() }];
	return made(writeBlob(network, sha256));
}

async function trainedModel(checkpoint: string, data: string): Promise<Made> {
	const model = importCheckpoint(checkpoint);
	const { blob } = pack(model, await openDataset(data, "train", { limit: 64 }), {
		checkpointHash: "",
		precision: choosePrecision(floatShape(model)),
		preset: DEFAULT_PRESET,
		calibrate: 32,
		how: { method: "minmax" },
		golden: 2,
		goldenSteps: 64,
	});
	return made(blob);
}

describe.skipIf(missing !== undefined)("rv32", () => {
	let program: string;
	let h16: Made | undefined;
	const shipped = shippedModels();
	const motion = shipped.get("motion.essm")!;

	beforeAll(async () => {
		program = await buildRv32();
		const checkpoint = sharedPath("checkpoints/smnist-s4d-h16.safetensors");
		const mnist = sharedPath("data/mnist");
		if (checkpoint && mnist) h16 = await trainedModel(checkpoint, mnist);
		else console.warn("rv32: without ../shared the memory of the h16 model is left out");
	});

	function powerOn(flashFile: string, cable: (device: Simulator) => Duplex = joinStreams) {
		const simulator = new Simulator(rv32Command(program, { flashFile }));
		const client = new DeviceClient({ stream: cable(simulator), timeout: 20_000 });
		onTestFinished(() => void simulator.kill());
		return { simulator, client };
	}

	const load = (client: DeviceClient, { blob, crc, identity }: Made) => client.load(blob, crc, identity);

	async function agrees(client: DeviceClient, { blob, channels }: Made, seed: number, steps: number) {
		const samples = randomSamples(seed, steps, channels);
		const kernel = new NativeKernel(blob);
		kernel.write(samples);
		expect(await client.infer(samples, channels)).toEqual(kernel.outputs());
	}

	test("loads models over the UART and gives the kernel's logits by bytes", async () => {
		const { client, simulator } = powerOn(join(temporaryFolder(), "flash.bin"));
		expect(await client.info()).toMatchObject({ target: "rv32" });
		const random = Array.from({ length: NETWORKS }, (_, i) => randomModel(31 + i));
		for (const model of [...(h16 ? [h16] : []), ...random]) {
			await load(client, model);
			expect((await client.info()).model).toMatchObject({
				length: model.blob.length,
				identity: model.identity,
			});
			expect(await client.selfTest()).toBeGreaterThan(0);
			await agrees(client, model, 7, 50);
		}
		expect(simulator.log.join("\n")).toContain("model in slot");
	});

	test("every model that ships gives its golden vectors", async () => {
		const { client } = powerOn(join(temporaryFolder(), "flash.bin"));
		expect(shipped.size).toBeGreaterThan(1);
		for (const [file, model] of shipped) {
			await load(client, model);
			expect(await client.selfTest(), file).toBe(model.golden.length);
			for (const { samples, outputs } of model.golden)
				expect(await outputsOn({ client }, readBlob(model.blob), samples), file).toEqual(outputs);
			await agrees(client, model, 5, 50);
		}
	});

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
		console.log(`rv32: ${Math.round((160 * first!) / 64)} instructions per step, called from JavaScript`);
		for (const other of others) expect(Math.abs(other - first!)).toBeLessThan(0.05 * first!);
	});

	test.each([
		["its flash is NOR: a write clears bits, an erase sets a sector", "flash"],
		["timers and ports come and go between collections", "timer"],
	])("%s", async (_what, name) => {
		const entry = projectPath(`tests/support/rv32-${name}-app.ts`);
		const app = await buildRv32({ entry, name: `${name}-test` });
		const flashFile = join(temporaryFolder(), "flash.bin");
		const device = new Simulator(rv32Command(app, { flashFile, watchdog: 200_000_000 }));
		onTestFinished(() => void device.kill());
		expect(await device.exited).toMatchObject({ reason: "ended" });
		expect(device.log).toEqual(["right"]);
	});

	test("power cut anywhere in an update leaves the old model or the new one", async () => {
		const flashFile = join(temporaryFolder(), "flash.bin");
		let requests = 0;
		/** The last request that arrives, how much of it, and how much later power is lost: in the work on it. */
		let cut = { request: Number.POSITIVE_INFINITY, part: 1, milliseconds: 0 };
		const cable = (device: Simulator) => {
			const input = new Writable({
				write(bytes: Buffer, _encoding, done) {
					const { request, part, milliseconds } = cut;
					if (requests < request) device.input.write(bytes);
					else if (requests === request) {
						device.input.write(bytes.subarray(0, Math.ceil(part * bytes.length)));
						setTimeout(() => void device.kill(), milliseconds);
					}
					requests++;
					done();
				},
			});
			return joinStreams({ input, output: device.output });
		};
		// of three one that neither runs nor was cut off, so that each load begins at its first byte
		const models = [motion, randomModel(21), randomModel(22)];
		const nextTo = (running: Made, tried?: Made) =>
			models.find((model) => model !== running && model !== tried)!;

		let { client, simulator } = powerOn(flashFile, cable);
		await load(client, motion);
		const chunks = Math.min(...models.map(({ blob }) => Math.ceil(blob.length / CHUNK_LENGTH)));
		let old = motion;
		let next: Made | undefined;
		let cuts = 0;
		for (const request of [0, 1, chunks >> 1, chunks, "commit"] as const)
			for (const [part, milliseconds] of [
				[0.5, 0],
				[1, 0],
				[1, 10],
			] as const) {
				next = nextTo(old, next);
				const commit = 1 + Math.ceil(next.blob.length / CHUNK_LENGTH);
				requests = 0;
				cut = { request: request === "commit" ? commit : request, part, milliseconds };
				const sent = request === "commit" && part === 1;
				const ended = await load(client, next).then(
					() => "loaded",
					(error: Error) => error.message,
				);
				expect(ended).toMatch(sent ? /loaded|connection to the device/ : /connection to the device/);
				expect(await simulator.exited).toMatchObject({ reason: "killed" });
				cut.request = Number.POSITIVE_INFINITY;
				cuts++;

				({ client, simulator } = powerOn(flashFile, cable));
				const { model } = await client.info();
				expect(sent ? [old.crc, next.crc] : [old.crc]).toContain(model?.crc);
				old = models.find(({ crc }) => crc === model!.crc)!;
				await agrees(client, old, 2, 30);
			}
		expect(cuts).toBe(15);
		next = nextTo(old);
		await load(client, next);
		await simulator.kill();

		({ client } = powerOn(flashFile));
		expect((await client.info()).model?.crc).toBe(next.crc);
		await client.reset();
		expect((await client.info()).model?.crc).toBe(next.crc);
		await agrees(client, next, 3, 30);
	});

	afterAll(() => {
		if (program) console.log(`rv32: the program has ${statSync(program).size} bytes with symbols`);
	});
});
