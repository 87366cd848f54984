// The emulated ROM loader held to other people's clients: what they write, verify and read back through it is what they
// meant. So the emulator and our own tool can't share a mistake about the protocol.
import { execFile, execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { type ChipModel, ESP32, ESP32C3, ESP32C6, ESP32S3 } from "../support/rom-loader/chips";
import { Emulator } from "../support/rom-loader/emulator";
import { MemoryPort } from "../support/rom-loader/memory-port";
import { openTerminal } from "../support/rom-loader/pty";
import { imageBytes } from "../support/rom-loader/tables";
import { virtualTime } from "../support/rom-loader/virtual-time";
import { temporaryFolder } from "../support/xs-run";

const OFFSET = 0x3e0000;
const bytes = imageBytes(40_000, 0, 3).fill(0xc0, 100, 140).fill(0xdb, 140, 180).fill(0, 1000, 30_000);

/** What these tests use of the package, which has no types for its bundle. */
interface TasmotaLoader {
	chipName: string;
	IS_STUB: boolean;
	flashSize: string;
	initialize(): Promise<void>;
	runStub(): Promise<TasmotaLoader>;
	setBaudrate(baud: number): Promise<void>;
	flashData(data: ArrayBuffer, progress: () => void, offset: number, compress: boolean): Promise<void>;
	readFlash(offset: number, length: number): Promise<Uint8Array>;
	hardReset(bootloader: boolean): Promise<void>;
}

async function tasmota(chip: ChipModel) {
	const emulator = new Emulator({ chip });
	const port = new MemoryPort(emulator);
	await port.open({ baudRate: 115_200 });
	const bundle = "tasmota-webserial-esptool/dist/web/index.js";
	const { ESPLoader } = (await import(bundle)) as {
		ESPLoader: new (port: unknown, logger: object) => TasmotaLoader;
	};
	const quiet = { log() {}, debug() {}, error() {} };
	const loader = new ESPLoader(port, quiet);
	await loader.initialize();
	return { emulator, loader };
}

describe("tasmota-webserial-esptool", () => {
	virtualTime(async () => {
		const folder = projectPath("node_modules/tasmota-webserial-esptool/dist/web");
		await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
	});
	test.concurrent.each([ESP32, ESP32C3, ESP32S3, ESP32C6])(
		"$name: stub, write and read back",
		async (chip) => {
			const { emulator, loader } = await tasmota(chip);
			expect(loader.chipName).toBe(chip.name);
			const stub = await loader.runStub();
			expect(stub.flashSize).toBe("4MB");
			await stub.setBaudrate(460_800);
			for (const [offset, compress] of [
				[OFFSET, true],
				[OFFSET + 0x10000, false],
			] as const) {
				await stub.flashData(bytes.slice().buffer, () => {}, offset, compress);
				expect(Buffer.compare(emulator.flash.bytes.subarray(offset, offset + bytes.length), bytes)).toBe(0);
				expect(emulator.flash.bytes[offset + bytes.length]).toBe(0xff);
				const read = await stub.readFlash(offset, bytes.length);
				expect(Buffer.compare(read, bytes)).toBe(0);
			}
			await loader.hardReset(false);
			expect(emulator.boots.at(-1)).toBe("firmware");
		},
	);

	test("the ROM alone, without the stub", async () => {
		const { emulator, loader } = await tasmota(ESP32C3);
		await loader.flashData(bytes.slice().buffer, () => {}, OFFSET, false);
		expect(Buffer.compare(emulator.flash.bytes.subarray(OFFSET, OFFSET + bytes.length), bytes)).toBe(0);
		expect(emulator.state).toBe("rom");
	});
});

/** Espressif's own tool, when it is installed: `pip install esptool`, or EDGE_SSM_ESPTOOL with the path of its program. */
function findEsptool(): string | undefined {
	for (const program of [process.env.EDGE_SSM_ESPTOOL, "esptool", "esptool.py"]) {
		if (program === undefined) continue;
		try {
			execFileSync(program, ["version"], { stdio: "ignore" });
			return program;
		} catch {}
	}
	console.warn("esptool is not installed: the emulated ROM loader is not held to it (pip install esptool).");
	return undefined;
}

const esptool = findEsptool();

describe.skipIf(esptool === undefined)("Espressif's esptool, over a pseudo-terminal", () => {
	const run = promisify(execFile);
	/** Its messages are on stdout, also the last one. */
	const failure = (error: { stdout: string }) => {
		throw new Error(error.stdout);
	};

	test.each([
		{ chip: ESP32, stub: [] },
		{ chip: ESP32C3, stub: [] },
		{ chip: ESP32S3, stub: [] },
		{ chip: ESP32C6, stub: [] },
		{ chip: ESP32C3, stub: ["--no-stub"] },
	])("$chip.name $stub: detects, writes, verifies and reads back", async ({ chip, stub }) => {
		const emulator = new Emulator({ chip, download: true });
		const { path } = await openTerminal({
			receive: (received) => emulator.receive(received),
			set send(send: (bytes: Uint8Array) => void) {
				emulator.send = send;
			},
		});
		const folder = temporaryFolder();
		const image = join(folder, "image.bin");
		const back = join(folder, "back.bin");
		writeFileSync(image, bytes);
		// both spellings of options and commands are taken by versions 4 and 5
		const tool = (...args: string[]) =>
			run(esptool!, [
				"--chip",
				"auto",
				"--port",
				path,
				"--before",
				"no_reset",
				"--after",
				"no_reset_stub",
				...stub,
				...args,
			]).catch(failure);
		const { stdout } = await tool("write_flash", "--flash_size", "detect", String(OFFSET), image);
		expect(stdout).toContain(chip.name);
		expect(stdout).toContain("Hash of data verified");
		expect(Buffer.compare(emulator.flash.bytes.subarray(OFFSET, OFFSET + bytes.length), bytes)).toBe(0);
		await tool("verify_flash", String(OFFSET), image);
		if (stub.length > 0) return;
		await tool("read_flash", String(OFFSET), String(bytes.length), back);
		expect(Buffer.compare(await readFile(back), bytes)).toBe(0);
		await tool("erase_region", String(OFFSET), "0x10000");
		expect(emulator.flash.bytes.subarray(OFFSET, OFFSET + 0x10000).every((byte) => byte === 0xff)).toBe(true);
	});
});
