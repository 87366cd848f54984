// The measure command: its figures against what kernel, engine, linker and file say themselves; unknown ones told as such.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { NativeKernel } from "../../host-tools/kernel/native";
import { withSimulated } from "../../host-tools/measure/device";
import { type Measurement, measure } from "../../host-tools/measure/measure";
import { predict } from "../../host-tools/measure/prediction";
import { romComponents } from "../../host-tools/measure/rom";
import { statistics } from "../../host-tools/measure/statistics";
import { overheadText } from "../../host-tools/measure/text";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { Reference } from "../../src/reference/reference";
import { buildCli, type Ended, runCli } from "../support/cli-run";
import { connect } from "../support/link-channel";
import { FakeKernel, fakeBlob, fakeDevice, identityOf } from "../support/link-fakes";
import { randomNetwork, randomSamples } from "../support/random-network";
import { startHost } from "../support/start-host";
import { temporaryFolder } from "../support/xs-run";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** A random network for sequences of 30 steps, with a golden vector. */
function randomModel(seed: number) {
	const network = { ...randomNetwork(seed), steps: 30 };
	const samples = randomSamples(seed + 1, 24, network.input.length);
	const reference = new Reference(readBlob(writeBlob({ ...network, golden: [] }, sha256)));
	reference.write(samples);
	network.golden = [{ samples, outputs: reference.outputs() }];
	return parseBlob(writeBlob(network, sha256), "random");
}

test("statistics by hand", () => {
	const values = [...Array(100).keys()].map((i) => 105 - i); // 105 down to 6
	expect(statistics(values, 5)).toEqual({ runs: 100, median: 50, p95: 95, worst: 100 });
	expect(statistics([7])).toEqual({ runs: 1, median: 7, p95: 7, worst: 7 });
	expect(statistics([3, 1, 2], 2)).toEqual({ runs: 3, median: 0, p95: 1, worst: 1 });
});

test("what JavaScript adds is a figure only where it stands out from the noise of the runs", () => {
	expect(overheadText({ overhead: null, noise: null })).toBe("unknown");
	expect(overheadText({ overhead: 0.201, noise: 0 })).toBe("20.1 %");
	expect(overheadText({ overhead: 0.5, noise: 0.1 })).toBe("50.0 %, with noise of 10.0 %");
	const lost = "not distinguishable from noise (medians differ by";
	expect(overheadText({ overhead: -0.3, noise: 0.05 })).toBe(`${lost} -30.0 %, runs by 5.0 %)`);
	expect(overheadText({ overhead: 0.04, noise: 0.05 })).toBe(`${lost} 4.0 %, runs by 5.0 %)`);
});

test("arena and blob are predicted to the byte: the kernel's own count, and the file's length", () => {
	for (let seed = 100; seed < 140; seed++) {
		const { bytes, network } = randomModel(seed);
		const predicted = predict(bytes, network);
		expect(predicted.arena).toBe(new NativeKernel(bytes).arena.length);
		expect(predicted.blob).toBe(bytes.length);
		expect(predicted.instructions).toBeGreaterThan(0);
	}
});

test("reads the linker's map by component", () => {
	const map = `
Archive member included
 .text          0x80000000 0x999 ../device/ignored.o
Linker script and memory map
.text           0x80000000      0x100
 *(.text .text.*)
 .text.fxRun    0x80000000       0x40 ../device/xsRun.o
 .text.essm_write
                0x80000040       0x20 ../device/essm_write.o
 *fill*         0x80000060        0x4
 .text.memcpy   0x80000064       0x10 /usr/lib/libc.a(memcpy.S.o)
 .text.fxKernel
                0x80000074       0x0c ../device/essm-kernel.o
.rodata         0x80000100       0x40
 .rodata.heap   0x80000100       0x30 ../device/rom.o
.data           0x80400000       0x08 load address 0x80000140
 .data.x        0x80400000       0x08 ../device/xsAll.o
.bss            0x80400010       0x80
 .bss.y         0x80400010       0x80 ../device/xsAll.o
.debug_info     0x00000000       0x77
 .debug_info    0x00000000       0x77 ../device/xsAll.o
`;
	expect(romComponents(map)).toEqual({
		engine: 0x48,
		application: 0x30,
		kernel: 0x20,
		platform: 0x0c,
		libraries: 0x10,
		padding: 0x148 - 0xb4,
		total: 0x148,
	});
});

describe("on a device whose clock is known", () => {
	/** Boots one that runs fakeBlob(1): a step takes `step` of both clocks, a call `call`, a reading of the clock 3. */
	async function boot(counted: string | undefined, step = 10, call = 0) {
		let now = 2 ** 32 - 500; // wraps
		const clock = () => (now += 3);
		class Kernel extends FakeKernel {
			override write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count = 0): void {
				super.write(samples, byteOffset, count);
				now += call + step * count;
			}
		}
		const device = fakeDevice({
			kernel: Kernel,
			microseconds: clock,
			count: () => clock() % 2 ** 32,
			counted,
			toolchain: "XS 1.2.3",
		});
		const { client } = connect(device);
		const blob = fakeBlob(1, { goldenSteps: 32 });
		await client.load(blob, crc32(blob), identityOf(blob));
		return client;
	}

	test("times are net of the clock, by both clocks where there are two", async () => {
		const measured = await measure(await boot("cycles"), { runs: 150 });
		const exactly = (value: number) => ({ runs: 150, median: value, p95: value, worst: value });
		expect(measured).toMatchObject({ target: "test", toolchain: "XS 1.2.3", counted: "cycles" });
		const both = (value: number) => ({ microseconds: exactly(value), counter: exactly(value) });
		expect(measured.time).toEqual({
			steps: 10,
			sample: both(10),
			sequence: both(100),
			stream: both(100),
			chunk: 16,
			overhead: 0,
			noise: 0,
		});
		expect(measured.raw.timings.map(({ values }) => values.length)).toEqual(new Array(8).fill(150));
		expect(measured.raw.timings[0]).toMatchObject({ what: "clock", clock: "MICROSECONDS" });
		expect(new Set(measured.raw.timings[0]!.values)).toEqual(new Set([3]));
	});

	test("what a call costs shows itself as JavaScript's part", async () => {
		const client = await boot("cycles", 10, 40);
		const [[whole], [chunks]] = [
			await client.timing(1, 32, { clock: "COUNTER" }),
			await client.timing(1, 32, { clock: "COUNTER", chunk: 16 }),
		];
		expect(whole).toBe(3 + 320 + 40);
		expect(chunks).toBe(3 + 320 + 80);
		expect(await client.timing(2, 0, { clock: "COUNTER" })).toEqual([3, 3]);
	});

	test("what it has not is null, and a counter that is not there is refused", async () => {
		const client = await boot(undefined);
		const measured = await measure(client, {});
		expect(measured.counted).toBeNull();
		expect(measured.time.sample).toEqual({ microseconds: expect.any(Object), counter: null });
		expect(measured.memory).toMatchObject({
			arena: { total: 64, parts: null },
			slots: { used: 12, peak: null, reserved: null, atStart: null },
			chunks: { used: null, peak: 0xfedcba98 },
			nativeStackUnused: null,
			heap: { free: null, freeMinimum: null, largestBlock: null },
		});
		expect(measured).toMatchObject({ blob: null, compared: [] });
		await expect(client.timing(1, 1, { clock: "COUNTER" })).rejects.toThrow("no CPU counter");
		await expect(measure(client, { model: randomModel(1) })).rejects.toThrow("another model");
		const empty = connect(fakeDevice()).client;
		await expect(measure(empty)).rejects.toThrow("no model to measure");
	});
});

test("on XS: the arena is the kernel's, slots and chunks are the engine's", async () => {
	const model = randomModel(7);
	const simulator = await startHost({ flashFile: join(temporaryFolder(), "flash.bin"), statistics: true });
	onTestFinished(() => void simulator.kill());
	const client = new DeviceClient({ stream: joinStreams(simulator), timeout: 5000 });
	await client.load(model.bytes, crc32(model.bytes), readContainer(model.bytes).identity.slice());
	const { memory, time, compared, blob, toolchain, counted } = await measure(client, { model });
	await simulator.stop();

	const arenaBytes = new NativeKernel(model.bytes).arena.length;
	expect(memory.arena.total).toBe(arenaBytes);
	expect(Object.values(memory.arena.parts!).reduce((a, b) => a + b, 0)).toBe(arenaBytes);
	expect(blob!.total).toBe(model.bytes.length);
	expect(compared.map(({ what, difference }) => [what, difference])).toEqual([
		["arena", 0],
		["blob", 0],
	]);
	const said = simulator.log.find((line) => line.startsWith("xs: slots"))!;
	const engine =
		/slots of (\d+) .* (\d+) peak, (\d+) reserved, (\d+) at start; .* (\d+) peak, .* (\d+) at start/
			.exec(said)!
			.slice(1)
			.map(Number);
	const [slotBytes, slotsPeak, slotsReserved, slotsAtStart, , chunksAtStart] = engine;
	expect(memory).toMatchObject({
		slotBytes,
		slots: { atStart: slotsAtStart },
		chunks: { atStart: chunksAtStart },
	});
	expect(memory.slots.used).toBeGreaterThan(slotsAtStart!);
	expect(memory.slots.peak).toBeLessThanOrEqual(slotsPeak!);
	expect(memory.slots.reserved).toBeLessThanOrEqual(slotsReserved!);
	expect(memory.stack.peak).toBeLessThanOrEqual(memory.stack.total!);
	expect(memory.nativeStackUnused).toBeNull();
	expect(memory.heap.free).toBeNull();
	expect(toolchain).toMatch(/^XS 13\.3\.0, /);
	expect(counted).toBeNull();
	expect(time).toMatchObject({ steps: 30, sample: { microseconds: { runs: 100 }, counter: null } });
	const { median, p95, worst } = time.sequence.microseconds!;
	expect(worst).toBeGreaterThan(0);
	expect([median, p95, worst]).toEqual([median, p95, worst].sort((a, b) => a - b));
});

const missing = await missingRv32Tools();
if (missing !== undefined) {
	const left = `measuring on rv32 is left out: ${missing} not installed`;
	if (process.env.CI) throw new Error(left);
	console.warn(left);
}

test.skipIf(missing !== undefined)("on rv32: instructions, system memory, flash by component", async () => {
	const model = randomModel(8);
	const { measured, rom } = await withSimulated("rv32", model, async (client, setup) => {
		expect(setup.emulator).toMatch(/QEMU/);
		return { measured: await measure(client, { model }), rom: setup.rom! };
	});
	expect(measured.counted).toBe("instructions");
	expect(measured.memory.arena.total).toBe(new NativeKernel(model.bytes).arena.length);
	expect(measured.memory.slotBytes).toBe(16);
	expect(measured.memory.nativeStackUnused).toBeGreaterThan(0);
	const { free, freeMinimum, largestBlock } = measured.memory.heap;
	expect(freeMinimum).toBeLessThanOrEqual(free!);
	expect(largestBlock).toBeLessThanOrEqual(free!);
	expect(measured.time.sample.microseconds).toBeNull();
	const { median, worst } = measured.time.sequence.counter!;
	expect(worst).toBeLessThan(1.05 * median);
	expect(measured.time.sample.counter!.median).toBeLessThan(median);
	// below 0 where filling the arena with rows costs the sequence more than JavaScript costs the stream, which has them
	expect(Math.abs(measured.time.overhead!)).toBeLessThan(0.5);
	expect(measured.compared.at(-1)).toMatchObject({ unit: "instructions", measured: Math.round(median / 30) });
	const sections = execFileSync("riscv64-unknown-elf-size", ["-A", projectPath("build/rv32/edge-ssm.elf")], {
		encoding: "utf8",
	});
	const inRom = [...sections.matchAll(/^\.(?:text|rodata|data)\s+(\d+)/gm)].map(([, bytes]) => Number(bytes));
	expect(rom.total).toBe(inRom.reduce((a, b) => a + b, 0));
	expect(rom.engine + rom.application + rom.kernel + rom.platform + rom.libraries + rom.padding).toBe(
		rom.total,
	);
	expect(rom.kernel).toBeGreaterThan(4000);
});

describe("the command", () => {
	let cli: Awaited<ReturnType<typeof buildCli>>;
	let folder: string;
	const run = (...args: string[]) => runCli(cli.file, ["measure", ...args], folder);
	const refused = ({ code, stdout, stderr }: Ended, why: string) => {
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toContain(why);
	};

	beforeAll(async () => {
		cli = await buildCli();
		folder = mkdtempSync(join(tmpdir(), "edge-ssm-measure-"));
		writeFileSync(join(folder, "model.essm"), randomModel(9).bytes);
	});

	afterAll(() => {
		cli.remove();
		rmSync(folder, { recursive: true, force: true });
	});

	test("prints JSON, and saves the same as evidence", async () => {
		const { code, stdout, stderr } = await run("model.essm", "--json", "-o", "evidence.json");
		expect(stderr).not.toContain("error");
		expect(code).toBe(0);
		const printed = JSON.parse(stdout);
		expect(JSON.parse(readFileSync(join(folder, "evidence.json"), "utf8"))).toEqual(printed);
		expect(printed).toMatchObject({
			format: "edge-ssm measurement 1",
			command: ["edge-ssm", "measure", "model.essm", "--json", "-o", "evidence.json"],
			kind: "this machine",
			setup: { firmwareFiles: { program: expect.stringMatching(/^[0-9a-f]{64}$/) }, emulator: null },
		});
		const measured = printed.measurement as Measurement;
		expect(measured.raw.timings.every(({ values }) => values.length >= 100)).toBe(true);
		expect(Object.keys(measured.raw.memory)).toContain("slotsUsed");
		const model = readFileSync(join(folder, "model.essm"));
		expect(measured.model.identity).toBe(model.subarray(16, 48).toString("hex"));
		expect(measured.memory.heap).toEqual({ free: null, freeMinimum: null, largestBlock: null });
		expect(readdirSync(folder).sort()).toEqual(["evidence.json", "model.essm"]);
	});

	test("tells people what is unknown, in words", async () => {
		const { stdout, code } = await run("model.essm");
		expect(code).toBe(0);
		for (const line of [/system heap free +unknown/, /native stack never used +unknown/, /cycles: unknown/])
			expect(stdout).toMatch(line);
		expect(stdout).toMatch(/arena, bytes +[\d,]+ +[\d,]+ +0 \(exact\)/);
		expect(stdout).not.toMatch(/system heap free +0/);
	});

	test("refuses what makes no sense before it does anything", async () => {
		refused(await run(), "Give the model");
		refused(await run("model.essm", "--port", "/dev/none", "--target", "host"), "either --port");
		refused(await run("model.essm", "-o", "missing/evidence.json"), "no folder");
		refused(await run("none.essm"), "no model at");
		refused(await run("--port", "/dev/edge-ssm-none"), "no port");
		expect(existsSync(join(folder, "evidence.json"))).toBe(true);
	});
});
