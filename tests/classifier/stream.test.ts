// Streams that are refused, that fail, and that never end: what runs on, what a device answers afterwards, and where the
// windows are.
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { SampleSource } from "../../firmware/app/stream";
import type { ResultEvent } from "../../host-tools/device/client";
import { NativeKernel } from "../../host-tools/kernel/native";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { Classifier, type Result } from "../../src/classifier/classifier";
import { type Kernel, type KernelClass, openModel } from "../../src/classifier/model";
import { Status } from "../../src/link/commands";
import { arenaLayout } from "../../src/network/arena";
import { BACKGROUND } from "../../src/network/stream";
import { slotImage } from "../../src/store/slot";
import { connect } from "../support/link-channel";
import {
	CHANNELS,
	CLASSES,
	FakeKernel,
	fakeBlob,
	fakeDevice,
	identityOf,
	logitsOf,
} from "../support/link-fakes";
import { randomNetwork, randomSamples, withPooling } from "../support/random-network";

const samplesOf = (steps: number, seed: number) =>
	Int16Array.from({ length: steps * CHANNELS }, (_, i) => ((i * 7919 + seed * 104729) % 65535) - 32767);

afterEach(() => {
	FakeKernel.failure = undefined;
});

/** A device that has a blob already, its client, and what came of its streams. */
function deviceWith(blob: Uint8Array, sensor?: SampleSource) {
	const device = fakeDevice({ ...(sensor && { sensor }) });
	device.slots[0].bytes.fill(0xff).set(slotImage(blob, identityOf(blob), 1, 1024));
	const results: ResultEvent[] = [];
	const { client } = connect(device, undefined, { onResult: (result) => results.push(result) });
	return { client, results, logs: device.logs };
}

/** A sensor that answers while `answers` says so; `feed` gives samples to whoever started it. */
function fakeSensor() {
	const sensor = {
		answers: true,
		running: false,
		feed: (_: Int16Array) => {},
		start(_: unknown, onSamples: (bytes: Uint8Array, byteOffset: number, count: number) => void) {
			if (!sensor.answers) throw new Error("no answer at 0x68");
			sensor.running = true;
			sensor.feed = (samples) => onSamples(new Uint8Array(samples.buffer), 0, samples.length / CHANNELS);
		},
		stop() {
			sensor.running = false;
		},
	};
	return sensor;
}

describe("a STREAM that does not come about", () => {
	const blob = fakeBlob(1, { steps: 10 });

	test("[L18] a sensor that fails to start: an error each time, and the device is as before", async () => {
		const sensor = fakeSensor();
		sensor.answers = false;
		const { client } = deviceWith(blob, sensor);
		for (let attempt = 0; attempt < 3; attempt++) {
			await expect(client.stream("SENSOR")).rejects.toMatchObject({
				status: Status.INTERNAL,
				message: expect.stringContaining("no answer at 0x68"),
			});
			expect((await client.info()).streaming).toBe(0);
			expect(sensor.running).toBe(false);
			expect(await client.infer(samplesOf(5, 5), CHANNELS)).toEqual(logitsOf(blob, samplesOf(5, 5)));
			expect(await client.selfTest()).toBe(2);
		}
		sensor.answers = true;
		await client.stream("SENSOR");
		expect((await client.info()).streaming).toBe(1);
		expect(sensor.running).toBe(true);
	});

	test("[L18] no memory for the arena: an error each time, and the stream is off", async () => {
		let memory = true;
		class Scarce extends FakeKernel {
			constructor(bytes: Uint8Array) {
				if (!memory) throw new Error("no memory for an arena of 64 bytes");
				super(bytes);
			}
		}
		const device = fakeDevice({ kernel: Scarce });
		device.slots[0].bytes.fill(0xff).set(slotImage(blob, identityOf(blob), 1, 1024));
		const { client } = connect(device);
		memory = false;
		for (let attempt = 0; attempt < 2; attempt++)
			await expect(client.stream("REPLAY")).rejects.toThrow(/no memory/);
		memory = true;
		expect(await client.selfTest()).toBe(2);
		await client.stream("REPLAY");
		expect((await client.info()).streaming).toBe(2);
	});

	test("[L18] one that is refused leaves the running one as it is", async () => {
		const { client, results } = deviceWith(blob);
		await client.stream("REPLAY", { window: 20 });
		const samples = samplesOf(40, 3);
		await client.samples(0, samples.subarray(0, 13 * CHANNELS), CHANNELS);
		await expect(client.stream("SENSOR")).rejects.toMatchObject({ status: Status.REFUSED });
		await expect(client.stream("REPLAY", { hop: 11 })).rejects.toMatchObject({
			status: Status.REFUSED,
			message: expect.stringContaining("longer than the window"),
		});
		await expect(client.stream("REPLAY", { window: 65_537 })).rejects.toMatchObject({
			status: Status.REFUSED,
			message: expect.stringContaining("65536"),
		});
		expect((await client.info()).streaming).toBe(2);
		expect(await client.samples(13, samples.subarray(13 * CHANNELS), CHANNELS)).toBe(40);
		await client.info();
		expect(results.map(({ step, outputs }) => [step, outputs])).toEqual([
			[20, logitsOf(blob, samples.subarray(0, 20 * CHANNELS))],
			[40, logitsOf(blob, samples.subarray(20 * CHANNELS))],
		]);
	});

	test("one that is refused leaves the kernel of INFER open", async () => {
		const { client } = deviceWith(blob);
		await client.infer(samplesOf(5, 5), CHANNELS);
		const open = FakeKernel.open;
		await expect(client.stream("REPLAY", { hop: 11 })).rejects.toMatchObject({ status: Status.REFUSED });
		expect(FakeKernel.open).toBe(open);
		await client.stream("OFF");
		expect(FakeKernel.open).toBe(open);
	});
});

describe("a model that tells how its stream runs", () => {
	// Whatever it says is background.
	const silent = (seed: number) =>
		fakeBlob(seed, {
			steps: 10,
			stream: {
				window: 8,
				hop: 4,
				smoothing: 0,
				hold: 0,
				thresholds: new Uint32Array(CLASSES).fill(BACKGROUND),
			},
		});
	const blob = fakeBlob(1, {
		steps: 10,
		stream: { window: 8, hop: 4, smoothing: 0, hold: 0, thresholds: Uint32Array.of(0, BACKGROUND, 0, 0) },
	});

	test("[L16] is streamed as it says; a window or hop of the host's gives every result", async () => {
		const { client, results } = deviceWith(blob);
		const samples = samplesOf(400, 3);
		await client.stream("REPLAY");
		await client.samples(0, samples, CHANNELS);
		await client.info();
		const told = results.splice(0);
		await client.stream("REPLAY", { window: 8, hop: 4 });
		await client.samples(0, samples, CHANNELS);
		await client.info();
		expect(results.map(({ step }) => step)).toEqual(Array.from({ length: 100 }, (_, i) => 4 * (i + 1)));
		expect(told).toEqual(results.filter(({ index }) => index !== 1));
		expect(told.length).toBeLessThan(100);
	});

	test("[L32] is proven by a result that it does not report", async () => {
		const sensor = fakeSensor();
		const { client, results } = deviceWith(blob, sensor);
		await client.load(silent(2), crc32(silent(2)), identityOf(silent(2)));
		expect((await client.info()).model).toMatchObject({ onTrial: true });
		sensor.feed(samplesOf(3, 1));
		expect((await client.info()).model).toMatchObject({ onTrial: true });
		sensor.feed(samplesOf(1, 1));
		expect((await client.info()).model).toMatchObject({ onTrial: false });
		expect(results).toEqual([]);
	});
});

describe("samples that the kernel does not take end the stream, and it is said once", () => {
	const blob = fakeBlob(1, { steps: 10 });

	test("[L18] of the sensor: in the log", async () => {
		const sensor = fakeSensor();
		const { client, logs } = deviceWith(blob, sensor);
		FakeKernel.failure = "ESSM_E_ARGUMENT";
		for (let chunk = 0; chunk < 5; chunk++) sensor.feed(samplesOf(3, chunk));
		FakeKernel.failure = undefined;
		expect(logs.filter((line) => line.includes("ESSM_E"))).toEqual(["stream ended: ESSM_E_ARGUMENT"]);
		expect(sensor.running).toBe(false);
		expect((await client.info()).streaming).toBe(0);
		expect(await client.selfTest()).toBe(2);
	});

	test("[L18] on replay: in the reply", async () => {
		const { client } = deviceWith(blob);
		await client.stream("REPLAY");
		FakeKernel.failure = "ESSM_E_ARGUMENT";
		await expect(client.samples(0, samplesOf(3, 1), CHANNELS)).rejects.toThrow(/ESSM_E_ARGUMENT/);
		FakeKernel.failure = undefined;
		await expect(client.samples(0, samplesOf(3, 1), CHANNELS)).rejects.toMatchObject({ status: Status.BUSY });
	});
});

/** The C kernel in Node as a classifier asks for it. */
class KernelOfNode implements Pick<Kernel, "write" | "outputs" | "reset" | "close"> {
	readonly #kernel: NativeKernel;

	constructor(blob: Uint8Array) {
		this.#kernel = new NativeKernel(blob);
	}

	write(samples: ArrayBuffer, byteOffset: number, count: number): void {
		this.#kernel.write(new Int16Array(samples, byteOffset, count * this.#kernel.channels));
	}

	outputs(buffer: ArrayBuffer): void {
		new Int32Array(buffer).set(this.#kernel.outputs());
	}

	reset(): void {
		this.#kernel.reset();
	}

	close(): void {}
}

describe("a million steps without a window", () => {
	const STEPS = 1_000_000;
	const LONGEST = 65_536;

	test("[L16] of a sensor, mean-pooled: a window of 65,536 steps, hops in it, and not one line of log", async () => {
		const blob = fakeBlob(1, { steps: 0 });
		const sensor = fakeSensor();
		const { client, results, logs } = deviceWith(blob, sensor);
		await client.stream("SENSOR", { hop: 50_000 });
		const lines = logs.length;
		const samples = samplesOf(STEPS, 7);
		const CHUNK = 5;
		for (let at = 0; at < samples.length; at += CHUNK * CHANNELS)
			sensor.feed(samples.slice(at, at + CHUNK * CHANNELS));
		await client.info();
		expect(logs).toHaveLength(lines);
		const expected = Array.from({ length: Math.ceil(STEPS / LONGEST) }, (_, i) => LONGEST * i)
			.flatMap((from) => [from + 50_000, from + LONGEST].map((step) => ({ from, step })))
			.filter(({ step }) => step <= STEPS);
		expect(results.map(({ step, outputs }) => ({ step, outputs }))).toEqual(
			expected.map(({ from, step }) => ({
				step,
				outputs: logitsOf(blob, samples.subarray(from * CHANNELS, step * CHANNELS)),
			})),
		);
		expect((await client.info()).streaming).toBe(1);
	});

	test("[L16] last-step pooling has no end", () => {
		const blob = fakeBlob(1, { steps: 0, pooling: "last" });
		const results: Result[] = [];
		const classifier = new Classifier({
			model: openModel(blob),
			kernel: FakeKernel,
			hop: STEPS / 2,
			onResult: (result) => results.push(result),
			schedule: (callback) => callback(),
		});
		const samples = samplesOf(STEPS, 7);
		classifier.write(samples.buffer);
		expect(results.map(({ logits }) => logits)).toEqual([
			logitsOf(blob, samples.subarray(0, (STEPS / 2) * CHANNELS)),
			logitsOf(blob, samples),
		]);
	});

	test("the C kernel takes them all, and each result is that of a window of its own", () => {
		const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
		const networks = Array.from({ length: 100 }, (_, seed) => randomNetwork(seed));
		const small = networks.find((network) => arenaLayout(network).states <= 32)!;
		const network = withPooling(small, "mean");
		const blob = writeBlob(network, sha256);
		const channels = network.input.length;
		const results: Result[] = [];
		const classifier = new Classifier({
			model: openModel(blob),
			kernel: KernelOfNode as unknown as KernelClass,
			window: 0,
			onResult: (result) => results.push(result),
			schedule: (callback) => callback(),
		});
		const samples = randomSamples(4, STEPS, channels);
		for (let at = 0; at < STEPS; at += 1000)
			classifier.write(samples.buffer as ArrayBuffer, 2 * at * channels, 1000);
		expect(results.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, i) => LONGEST * (i + 1)));
		const kernel = new NativeKernel(blob);
		for (const { step, logits } of results) {
			kernel.reset();
			kernel.write(samples.subarray((step - LONGEST) * channels, step * channels));
			expect(logits).toEqual(kernel.outputs());
		}
	});
});
