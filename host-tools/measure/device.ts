// A device to measure: a board on a port as it stands, or a simulated one, built, loaded with the model and switched on anew;
// and what is known of it beside what it says itself.
import { readFileSync } from "node:fs";
import { StreamSource } from "../../src/link/commands";
import type { DeviceClient } from "../device/client";
import { buildFirmware, loadBlob, type SimulatedTarget, withDevice, withFlash } from "../evaluation/device";
import type { BlobModel } from "../evaluation/model-file";
import { hashFile } from "../files/hash";
import { projectPath } from "../files/project";
import { run } from "../simulator/process";
import { UserError } from "../terminal/errors";
import { type RomComponents, romComponents } from "./rom";

export interface Setup {
	/** SHA-256 of the files that are the firmware, by name; null for what is on a board. */
	firmwareFiles: Record<string, string> | null;
	/** The emulator that stands for the chip, with its version; null without one. */
	emulator: string | null;
	/** Flash that the firmware takes, by component; null where it is not known. */
	rom: RomComponents | null;
}

/** Does `work` with a board. A stream that runs is stopped for the time. @throws UserError when no firmware answers */
export async function withBoard<T>(
	path: string,
	work: (client: DeviceClient, setup: Setup) => Promise<T>,
): Promise<T> {
	// the serial port's native code is loaded when it is needed
	const { firmwareInfo, withLink } = await import("../flashing/choose");
	return withLink(path, async (client) => {
		const info = await firmwareInfo(client);
		if (info === undefined)
			throw new UserError(
				`No edge-ssm firmware answers on ${path}; flash it (edge-ssm flash --firmware), or check port and cable.`,
			);
		if (info.streaming !== StreamSource.OFF) await client.stream("OFF");
		try {
			return await work(client, { firmwareFiles: null, emulator: null, rom: null });
		} finally {
			if (info.streaming === StreamSource.SENSOR) await client.stream("SENSOR");
		}
	});
}

/** Does `work` with a simulated device that was switched on with `model` in its flash. */
export async function withSimulated<T>(
	target: SimulatedTarget,
	model: BlobModel,
	work: (client: DeviceClient, setup: Setup) => Promise<T>,
): Promise<T> {
	const firmware = await buildFirmware(target);
	const setup = await setupOf(target, firmware.program);
	return withFlash(async (flashFile) => {
		await withDevice(firmware, flashFile, (device) => loadBlob(device, model.bytes));
		return withDevice(firmware, flashFile, ({ client }) => work(client, setup));
	});
}

async function setupOf(target: SimulatedTarget, program: string): Promise<Setup> {
	if (target === "rv32") {
		const { QEMU } = await import("../simulator/rv32-qemu");
		const { stdout } = await run(QEMU, ["--version"]);
		return {
			firmwareFiles: { program: hashFile(program) },
			emulator: stdout.split("\n")[0]!.trim(),
			rom: romComponents(readFileSync(`${program}.map`, "utf8")),
		};
	}
	const { bundleApp } = await import("../simulator/bundle");
	const application = await bundleApp(projectPath("firmware/app/main.ts"));
	return {
		firmwareFiles: { program: hashFile(program), application: hashFile(application) },
		emulator: null,
		rom: null,
	};
}
