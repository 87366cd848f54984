// The firmware of the ESP32-C3 without SDK on Espressif's machine for QEMU, which runs the chip's own ROM. EDGE_SSM_QEMU_ESP32C3 names
// that program; without it this is left out, and says so.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { readBlobFile } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { directBootImages } from "../../host-tools/flashing/direct-boot";
import { measure } from "../../host-tools/measure/measure";
import { Simulator } from "../../host-tools/simulator/simulator";
import { readContainer } from "../../src/blob/container";
import { crc32 } from "../../src/bytes/crc32";
import { temporaryFolder } from "../support/xs-run";

const { EDGE_SSM_QEMU_ESP32C3: qemu } = process.env;
const there = qemu !== undefined && existsSync(qemu);
if (!there) console.warn("the ESP32-C3 on QEMU is left out: EDGE_SSM_QEMU_ESP32C3 names no program");

const MINUTES = 60_000;
const model = readBlobFile(projectPath("models/motion.essm"));

/** Boots the chip with this flash, link on stdin and stdout. */
function powerOn(flashFile: string) {
	const simulator = new Simulator({
		program: qemu!,
		args: [
			...["-M", "esp32c3", "-display", "none", "-monitor", "none", "-serial", "stdio"],
			...["-drive", `file=${flashFile},if=mtd,format=raw`],
		],
	});
	onTestFinished(() => void simulator.kill());
	return { simulator, client: new DeviceClient({ stream: joinStreams(simulator), timeout: 20_000 }) };
}

test.skipIf(!there)(
	"boots, takes a model, measures, and keeps the model through power cuts",
	async () => {
		mkdirSync(projectPath("build"), { recursive: true });
		const flashFile = join(temporaryFolder(), "flash.bin");
		const flash = new Uint8Array(4 * 1024 * 1024).fill(0xff);
		flash.set((await directBootImages()).images[0]!.bytes);
		writeFileSync(flashFile, flash);

		const first = powerOn(flashFile);
		expect((await first.client.info()).target).toBe("esp32c3");
		await first.client.load(model.bytes, crc32(model.bytes) >>> 0, readContainer(model.bytes).identity);
		expect(await first.client.selfTest()).toBe(model.network.golden.length);
		expect((await measure(first.client, { model })).compared[0]!.difference).toBe(0);
		await first.simulator.kill();

		for (let cut = 0; cut < 4; cut++) {
			const { client, simulator } = powerOn(flashFile);
			expect((await client.info()).model).toMatchObject({ sequence: 1 });
			const load = client
				.load(model.bytes.slice(), crc32(model.bytes) >>> 0, readContainer(model.bytes).identity, {
					onProgress: (done: number) => {
						if (done > (model.bytes.length * cut) / 4) void simulator.kill();
					},
				})
				.catch(() => {});
			await Promise.race([load, simulator.exited]);
			await simulator.kill();
		}
	},
	10 * MINUTES,
);
