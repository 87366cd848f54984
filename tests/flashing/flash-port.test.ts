// Flashing and monitoring as a person does them, through the real serial port package on a pseudo-terminal: firmware on XS
// behind it, or an emulated chip in its ROM loader, or nothing at all.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Application } from "../../firmware/app/application";
import { projectPath } from "../../host-tools/files/project";
import { flash } from "../../host-tools/flashing/choose";
import type { diagnose } from "../../host-tools/flashing/doctor";
import { listPorts } from "../../host-tools/flashing/ports";
import { closeSerial, openSerial } from "../../host-tools/flashing/serial-transport";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { readPartition } from "../../host-tools/simulator/flash-file";
import { Simulator } from "../../host-tools/simulator/simulator";
import { hostCommand } from "../../host-tools/simulator/target";
import { readContainer } from "../../src/blob/container";
import { writeBlob } from "../../src/blob/write";
import { slotImage } from "../../src/store/slot";
import { buildCli, runCli } from "../support/cli-run";
import { sha256 } from "../support/hostile-blob";
import { CHANNELS, fakeBlob, fakeDevice } from "../support/link-fakes";
import { ESP32C3 } from "../support/rom-loader/chips";
import { Emulator } from "../support/rom-loader/emulator";
import { modelOf } from "../support/rom-loader/models";
import { NorChip, SECTOR } from "../support/rom-loader/nor";
import { openTerminal } from "../support/rom-loader/pty";
import { tableBytes } from "../support/rom-loader/tables";
import { until } from "../support/until";
import { temporaryFolder } from "../support/xs-run";

let cli: Awaited<ReturnType<typeof buildCli>>;
let program: string;
let app: string;

beforeAll(async () => {
	program = await buildHost();
	app = await bundleApp(projectPath("firmware/app/main.ts"));
	cli = await buildCli();
});
afterAll(() => cli.remove());

const model = modelOf(1);
const other = modelOf(2);
const SLOT_A = 0x3e0000;
/** Milliseconds, before EDGE_SSM_PATIENCE, for firmware that is known not to be there. */
const NOBODY = 1;

/** The firmware on XS behind a pty. */
async function powerOn(flashFile: string) {
	const path = join(temporaryFolder(), "port");
	const simulator = new Simulator(hostCommand(program, { app, flashFile, serial: `pty:${path}` }));
	onTestFinished(async () => {
		await simulator.kill();
	});
	await until(() => expect(existsSync(path)).toBe(true));
	return { path, simulator };
}

/** A chip in its ROM loader behind a pty. */
async function romLoader() {
	const flash = new NorChip();
	flash.bytes.set(tableBytes(), 0x8000);
	const chip = new Emulator({ chip: ESP32C3, flash, download: true });
	const end = {
		receive: (bytes: Uint8Array) => chip.receive(bytes),
		set send(send: (bytes: Uint8Array) => void) {
			chip.send = send;
		},
	};
	return { chip, flash, end, ...(await openTerminal(end)) };
}

test("firmware that answers takes the model over the link", async () => {
	const flashFile = join(temporaryFolder(), "flash.bin");
	const { path } = await powerOn(flashFile);
	const steps: string[] = [];
	const first = await flash({ path, model, onStep: (text) => steps.push(text) });
	expect(first).toMatchObject({ via: "link", slot: "model_a", sequence: 1, already: false, target: "host" });
	expect(steps.at(-1)).toMatch(/^loading through edge-ssm .* on host$/);
	expect(await flash({ path, model })).toMatchObject({ via: "link", slot: "model_a", already: true });
	expect(await flash({ path, model: other, slot: 1 })).toMatchObject({ slot: "model_b", sequence: 2 });
	const written = readPartition(flashFile, "model_b").subarray(SECTOR, SECTOR + other.bytes.length);
	expect(Buffer.compare(written, other.bytes)).toBe(0);
});

test("without firmware the ROM loader takes it, and the firmware then runs it", async () => {
	const { path, flash: chipFlash } = await romLoader();
	const steps: string[] = [];
	const result = await flash({ path, model, patience: NOBODY, onStep: (text) => steps.push(text) });
	expect(result).toMatchObject({ via: "rom", slot: "model_a", sequence: 1, target: "ESP32-C3" });
	expect(steps).toContain("no firmware answers");

	const flashFile = join(temporaryFolder(), "flash.bin");
	writeFileSync(flashFile, chipFlash.bytes);
	const device = await powerOn(flashFile);
	expect(await flash({ path: device.path, model })).toMatchObject({
		via: "link",
		already: true,
		sequence: 1,
	});
});

test("the way may be forced", async () => {
	const { path } = await romLoader();
	await expect(flash({ path, model, via: "link", patience: NOBODY })).rejects.toThrow(
		/No edge-ssm firmware answers on .*--via rom/,
	);
	expect(await flash({ path, model, via: "rom" })).toMatchObject({ via: "rom" });
});

describe("a port that vanishes", () => {
	const sentence =
		/^The port .* vanished in the middle of the work; slots that were not being written are untouched\./;

	test("while the ROM loader writes", async () => {
		const { path, flash: chipFlash, end, vanish } = await romLoader();
		chipFlash.bytes.set(slotImage(model.bytes, readContainer(model.bytes).identity, 1, SECTOR), SLOT_A);
		const receive = end.receive;
		end.receive = (bytes) => {
			if (chipFlash.touched.length > 0) vanish();
			else receive(bytes);
		};
		await expect(flash({ path, model: other, via: "rom" })).rejects.toThrow(sentence);
		expect(chipFlash.touched.every(({ offset }) => offset >= SLOT_A + 0x10000)).toBe(true);
	});

	test("while the link loads", async () => {
		const flashFile = join(temporaryFolder(), "flash.bin");
		const { path, simulator } = await powerOn(flashFile);
		await flash({ path, model });
		const onProgress = () => void simulator.kill();
		await expect(flash({ path, model: other, onProgress })).rejects.toThrow(sentence);
		const again = await powerOn(flashFile);
		expect(await flash({ path: again.path, model })).toMatchObject({ already: true, sequence: 1 });
	});
});

test("a port that takes no more bytes: one sentence, and the port can be opened again", async () => {
	const { path, flash: chipFlash, end, deafen } = await romLoader();
	const receive = end.receive;
	end.receive = (bytes) => {
		if (chipFlash.touched.length > 0) deafen();
		receive(bytes);
	};
	vi.stubEnv("EDGE_SSM_PATIENCE", "1"); // it fails in any case
	onTestFinished(() => void vi.unstubAllEnvs());
	const large = modelOf(4, "right", randomBytes(20_000).toString("base64"));
	await expect(flash({ path, model: large, via: "rom" })).rejects.toThrow(
		/^Flash at 0x3e\S+ could not be written: the chip takes no more bytes\. Repeat the command[^.]*\.$/,
	);
	await closeSerial(await openSerial(path));
});

describe("the command line", () => {
	const modelFile = () => {
		const file = join(temporaryFolder(), "model.essm");
		writeFileSync(file, model.bytes);
		return file;
	};

	test("flash: the result alone on stdout, the steps on stderr", async () => {
		const { path } = await romLoader();
		const { code, stdout, stderr } = await runCli(
			cli.file,
			["flash", modelFile(), "--port", path, "--json"],
			{
				env: { EDGE_SSM_PATIENCE: "4" }, // nobody answers: no use to wait long
			},
		);
		expect(stderr.trim().split("\n")).toEqual([
			`asking the firmware on ${path}`,
			"no firmware answers",
			`connecting to the ROM loader on ${path}`,
			"ESP32-C3 with 4 MB of flash: reading partition table and slots",
			"writing model_a",
		]);
		expect(JSON.parse(stdout)).toEqual({
			via: "rom",
			bytes: model.bytes.length,
			target: "ESP32-C3",
			slot: "model_a",
			sequence: 1,
			already: false,
		});
		expect(code).toBe(0);
	});

	test.each([
		[["flash", "--port", "/dev/none"], /Give either a model/],
		[["flash", "x.essm"], /--port; "edge-ssm doctor" lists the ports/],
		[["flash", "MODEL", "--port", "/dev/none"], /There is no port \/dev\/none/],
		[["flash", "--firmware", "/none", "--port", "/dev/none"], /There is no bootloader.bin in \/none/],
		[["flash", "--firmware", "esp32c3"], /--port; "edge-ssm doctor" lists the ports/],
		[["monitor", "--port", "/dev/none"], /There is no port \/dev\/none/],
	])("%j is refused in a sentence", async (args, message) => {
		const { code, stdout, stderr } = await runCli(
			cli.file,
			args.map((arg) => (arg === "MODEL" ? modelFile() : arg)),
		);
		expect(stderr.trim().split("\n").at(-1)).toMatch(message);
		expect(stdout).toBe("");
		expect(code).toBe(1);
	});

	test("flash warns of a model without a sampling rate, and of no other", async () => {
		const warned = async (rate: number) => {
			const file = join(temporaryFolder(), "model.essm");
			writeFileSync(file, writeBlob({ ...model.network, rate }, sha256));
			const { stderr } = await runCli(cli.file, ["flash", file, "--port", "/dev/none"]);
			return /^warning: this model states no sampling rate, .* --hz/.test(stderr);
		};
		expect([await warned(0), await warned(50)]).toEqual([true, false]);
	});

	/** A device with a model, in this process, behind a pty. */
	async function fakeBoard(platform: Parameters<typeof fakeDevice>[0] = {}) {
		let application: Application | undefined;
		const device = fakeDevice(platform);
		const [slot] = device.slots;
		const blob = fakeBlob(1, { steps: 4 });
		slot.bytes.set(slotImage(blob, readContainer(blob).identity, 1, slot.blockSize));
		const { path } = await openTerminal({
			receive: (bytes) => application?.receive(bytes, bytes.length),
			set send(send: (bytes: Uint8Array) => void) {
				device.send = send;
			},
		});
		application = device.boot();
		return { path, application };
	}

	test("monitor: results with their labels and the rate", async () => {
		let feeding: NodeJS.Timeout | undefined;
		onTestFinished(() => clearInterval(feeding));
		const { path } = await fakeBoard({
			sensor: {
				start: (_, onSamples) => {
					const samples = new Uint8Array(2 * 4 * CHANNELS).fill(7);
					feeding = setInterval(() => onSamples(samples, 0, 4), 20);
				},
				stop: () => clearInterval(feeding),
			},
		});
		const { code, stdout, stderr } = await runCli(cli.file, [
			...["monitor", "--port", path],
			...["--count", "5", "--json"],
		]);
		const results = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(results.length).toBeGreaterThanOrEqual(5);
		expect(results[1].step - results[0].step).toBe(4);
		expect(results[0]).toMatchObject({ type: "result", label: expect.stringMatching(/\S/), lost: 0 });
		expect(results.at(-1).rate.steps).toBeGreaterThan(0);
		expect(stderr).toBe("");
		expect(code).toBe(0);
	});

	test("monitor without a sensor: the log, until Ctrl-C", async () => {
		const { path, application } = await fakeBoard();
		const child = spawn(process.execPath, [cli.file, "monitor", "--port", path]);
		onTestFinished(() => void child.kill("SIGKILL"));
		let stdout = "";
		let stderr = "";
		child.stdout.on("data", (text) => (stdout += text));
		child.stderr.on("data", (text) => (stderr += text));
		await until(() => expect(stderr).toContain("no results, only the log: "));
		application.log("a line\x1b[2J of the log");
		await until(() => expect(stdout).toBe("edge-ssm 0.1.0 on test\nlog: a line\ufffd[2J of the log\n"));
		child.kill("SIGINT");
		const [code] = await once(child, "close");
		expect(code).toBe(0);
		expect(stderr.trim().split("\n").at(-1)).toBe("0 results");
	});

	test("doctor: says of each thing whether it is there, and how to get it", async () => {
		const { code, stdout } = await runCli(cli.file, ["doctor", "--json"]);
		expect(code).toBe(0);
		const { findings } = JSON.parse(stdout) as { findings: Awaited<ReturnType<typeof diagnose>> };
		expect(findings.find(({ what }) => what === "Node")).toMatchObject({
			found: true,
			detail: process.version,
		});
		expect(findings.find(({ what }) => what === "make")).toMatchObject({
			found: true,
			detail: expect.stringContaining("Make"),
		});
		for (const { found, remedy } of findings) expect(remedy === "").toBe(found);
	});
});

test("ports are listed without any program to ask, with the USB devices behind them", async () => {
	const sys = temporaryFolder();
	expect(await listPorts(sys)).toEqual([]);
	const usb = join(sys, "devices/pci0/usb1/1-2");
	const port = join(usb, "1-2:1.0/ttyUSB0");
	mkdirSync(port, { recursive: true });
	for (const [file, text] of Object.entries({ idVendor: "10c4", idProduct: "ea60", product: "CP2102N" }))
		writeFileSync(join(usb, file), `${text}\n`);
	mkdirSync(join(sys, "class/tty/ttyUSB0"), { recursive: true });
	symlinkSync(port, join(sys, "class/tty/ttyUSB0/device"));
	mkdirSync(join(sys, "class/tty/ttyS0/device"), { recursive: true });
	mkdirSync(join(sys, "class/tty/tty1"), { recursive: true });
	expect(await listPorts(sys)).toEqual([
		{ path: "/dev/ttyUSB0", usbVendorId: 0x10c4, usbProductId: 0xea60, name: "CP2102N" },
	]);
});
