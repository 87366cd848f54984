// The application that ships, on XS on this machine with the real kernel: loaded, asked, cut off and updated over its
// serial port, and held to the reference interpreter by bytes.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { DeviceClient, type ResultEvent } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { Simulator } from "../../host-tools/simulator/simulator";
import { defaultPartitions, type HostOptions, hostCommand } from "../../host-tools/simulator/target";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { Reference } from "../../src/reference/reference";
import { slotImage } from "../../src/store/slot";
import { identityOf } from "../support/link-fakes";
import { randomNetwork, randomSamples } from "../support/random-network";
import { temporaryFolder } from "../support/xs-run";

let program: string;
let app: string;

beforeAll(async () => {
	program = await buildHost();
	app = await bundleApp(projectPath("firmware/app/main.ts"));
});

function referenceLogits(blob: Uint8Array, samples: Int16Array): Int32Array {
	const reference = new Reference(readBlob(blob));
	reference.write(samples);
	return reference.outputs();
}

/** A random network with golden vectors of the reference; `wrong` changes one logit. */
function blobOf(seed: number, { wrong = false, steps = 20, notes = "" } = {}) {
	const network = { ...randomNetwork(seed), steps, notes, labels: [] as string[] };
	network.labels = Array.from({ length: network.head.outputs }, (_, i) => `class ${i}`);
	const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
	const plain = writeBlob({ ...network, golden: [] }, sha256);
	network.golden = [1, 2].map((s) => {
		const samples = randomSamples(seed + s, 40, network.input.length);
		const logits = referenceLogits(plain, samples);
		if (wrong && s === 2) logits[0]!++;
		return { samples, outputs: logits };
	});
	const blob = writeBlob(network, sha256);
	const identity = identityOf(blob);
	return { blob, crc: crc32(blob), identity, network };
}

function powerOn(options: Partial<HostOptions> & { flashFile: string }, results: ResultEvent[] = []) {
	const simulator = new Simulator(hostCommand(program, { app, ...options }));
	const lines: string[] = [];
	const client = new DeviceClient({
		stream: joinStreams(simulator),
		timeout: 5000, // a busy machine is no lossy line
		onLog: (line) => lines.push(line),
		onResult: (result) => results.push(result),
	});
	onTestFinished(() => void simulator.kill());
	return { simulator, client, lines };
}

test("loads models, gives the reference's logits, streams, and keeps the model without power", async () => {
	const flashFile = join(temporaryFolder(), "flash.bin");
	const { simulator, client } = powerOn({ flashFile });
	expect(await client.info()).toMatchObject({ target: "host", streaming: 0 });
	const results: ResultEvent[] = [];
	let last = blobOf(1);
	for (const seed of [11, 12, 13]) {
		const made = (last = blobOf(seed));
		const { network } = made;
		await client.load(made.blob, made.crc, made.identity);
		const { model } = await client.info();
		expect(model).toMatchObject({
			length: made.blob.length,
			crc: made.crc >>> 0,
			identity: made.identity,
			channels: network.input.length,
			outputs: network.head.outputs,
			heads: network.H,
			blocks: network.blocks.length,
		});
		expect(await client.labels(network.labels.length)).toEqual(network.labels);
		expect(await client.selfTest()).toBe(2);
		for (const steps of [1, 77]) {
			const samples = randomSamples(seed * 3 + steps, steps, network.input.length);
			expect(await client.infer(samples, network.input.length)).toEqual(referenceLogits(made.blob, samples));
		}
		const times = await client.timing(20, 16);
		expect(times).toHaveLength(20);
	}
	const memory = await client.memory();
	expect(memory).toMatchObject({
		slotBytes: 32,
		slotsUsed: expect.any(Number),
		chunkBytesPeak: expect.any(Number),
	});
	await simulator.kill();

	const again = powerOn({ flashFile }, results);
	const channels = last.network.input.length;
	expect((await again.client.info()).model).toMatchObject({ sequence: 3, slot: 0, identity: last.identity });
	await again.client.stream("REPLAY");
	const samples = randomSamples(99, 200, channels);
	await again.client.samples(0, samples, channels);
	await again.client.stream("OFF");
	expect(results.map(({ step }) => step)).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
	results.forEach(({ outputs }, i) => {
		const part = samples.subarray(20 * i * channels, 20 * (i + 1) * channels);
		expect(outputs).toEqual(referenceLogits(last.blob, part));
	});
	expect(await again.client.rollback(3)).toEqual({ slot: 1, sequence: 2 });
	await again.client.reset();
	expect((await again.client.info()).model!.sequence).toBe(2);
	expect(await again.simulator.stop()).toMatchObject({ reason: "ended" });
});

test("an 8 KB update crosses the cable in 18 requests and less than 9,000 bytes both ways", async () => {
	const simulator = new Simulator(
		hostCommand(program, { app, flashFile: join(temporaryFolder(), "flash.bin") }),
	);
	onTestFinished(() => void simulator.kill());
	let [requests, there, back] = [0, 0, 0];
	simulator.output.on("data", (bytes: Buffer) => (back += bytes.length));
	const input = new Writable({
		write(request: Buffer, _encoding, done) {
			requests++;
			there += request.length;
			simulator.input.write(request, done);
		},
	});
	const client = new DeviceClient({
		stream: joinStreams({ input, output: simulator.output }),
		timeout: 20_000,
	});
	const old = blobOf(51);
	await client.load(old.blob, old.crc, old.identity);
	[requests, there, back] = [0, 0, 0];

	const fresh = blobOf(52, { notes: "x".repeat(8192 - 8 - blobOf(52).blob.length) });
	expect(fresh.blob.length).toBe(8192);
	await client.load(fresh.blob, fresh.crc, fresh.identity);
	expect(requests).toBe(18);
	expect(there).toBeGreaterThan(8192);
	expect(back).toBeGreaterThan(18 * 10);
	expect(there + back).toBeLessThan(9000); // 0.78 s at 115,200 baud
	expect((await client.info()).model!.identity).toEqual(fresh.identity);
});

test("finds a model that a tool wrote to the partition from outside", async () => {
	const flashFile = join(temporaryFolder(), "flash.bin");
	const { blob, identity, network } = blobOf(41);
	const flash = new Uint8Array(4 << 20).fill(0xff);
	flash.set(slotImage(blob, identity, 7, 4096), defaultPartitions[1]!.offset);
	writeFileSync(flashFile, flash);
	const { client } = powerOn({ flashFile });
	expect((await client.info()).model).toMatchObject({ slot: 1, sequence: 7, identity });
	const samples = randomSamples(5, 30, network.input.length);
	expect(await client.infer(samples, network.input.length)).toEqual(referenceLogits(blob, samples));
});

test("refuses a model whose golden vectors do not come out, and runs the old one on", async () => {
	const { client } = powerOn({ flashFile: join(temporaryFolder(), "flash.bin") });
	const good = blobOf(21);
	const bad = blobOf(22, { wrong: true });
	await client.load(good.blob, good.crc, good.identity);
	await expect(client.load(bad.blob, bad.crc, bad.identity)).rejects.toThrow(/golden vectors/);
	const broken = blobOf(23);
	broken.blob[broken.blob.length >> 1]! ^= 1;
	await expect(client.load(broken.blob, crc32(broken.blob), broken.identity)).rejects.toThrow(
		/does not open/,
	);
	expect((await client.info()).model!.identity).toEqual(good.identity);
	expect(await client.selfTest()).toBe(2);
});

test("power cut in an update: the old model runs, and the load goes on where sectors were whole", async () => {
	const flashFile = join(temporaryFolder(), "flash.bin");
	const old = blobOf(31);
	const fresh = blobOf(32, { notes: "x".repeat(9000) });
	const first = powerOn({ flashFile });
	await first.client.load(old.blob, old.crc, old.identity);
	await first.simulator.kill();
	for (const powerCut of [10, 4000, 4300, 9000, 9000]) {
		const cut = powerOn({ flashFile, powerCut });
		await expect(cut.client.load(fresh.blob, fresh.crc, fresh.identity)).rejects.toThrow(
			/connection to the device/,
		);
		expect(await cut.simulator.exited).toMatchObject({ reason: "power lost" });
		const probe = powerOn({ flashFile });
		expect((await probe.client.info()).model!.identity).toEqual(old.identity);
		expect(await probe.client.selfTest()).toBe(2);
		await probe.simulator.kill();
	}
	const end = powerOn({ flashFile });
	const loaded = await end.client.load(fresh.blob, fresh.crc, fresh.identity);
	expect(loaded.resumedAt).toBe(8192);
	expect((await end.client.info()).model!.identity).toEqual(fresh.identity);
	expect(await end.client.selfTest()).toBe(2);
});
