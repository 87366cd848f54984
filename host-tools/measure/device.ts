// A device to measure: a board on a port as is, or a simulated one, built, loaded with the model and powered on; and what is
// known about it besides its own reports.
import { readFileSync } from "node:fs";
import { StreamSource } from "../../src/link/commands";
import type { DeviceClient } from "../device/client";
import { buildFirmware, loadBlob, type SimulatedTarget, withDevice, withFlash } from "../evaluation/device";
import type { BlobModel } from "../evaluation/model-file";
import { hashFile } from "../files/hash";
import { applicationFor } from "../simulator/application";
import { run } from "../simulator/process";
import { UserError } from "../terminal/errors";
import { type RomComponents, romComponents } from "./rom";

export interface DeviceFacts {
	/** SHA-256 of the firmware's files, by name; null for a board. */
	firmwareFiles: Record<string, string> | null;
	/** The emulator with its version; null without one. */
	emulator: string | null;
	/** Flash used by the firmware, by component; null when unknown. */
	rom: RomComponents | null;
}

/** Runs `work` with a board, pausing a running stream. @throws UserError when no firmware answers */
export async function withBoard<T>(
	path: string,
	work: (client: DeviceClient, setup: DeviceFacts) => Promise<T>,
): Promise<T> {
	// load the serial port's native code only when needed
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

/** Runs `work` with a simulated device powered on with `model` in its flash. */
export async function withSimulated<T>(
	target: SimulatedTarget,
	model: BlobModel,
	work: (client: DeviceClient, setup: DeviceFacts) => Promise<T>,
): Promise<T> {
	const firmware = await buildFirmware(target);
	const setup = await setupOf(target, firmware.program);
	return withFlash(async (flashFile) => {
		await withDevice(firmware, flashFile, (device) => loadBlob(device, model.bytes));
		return withDevice(firmware, flashFile, ({ client }) => work(client, setup));
	});
}

async function setupOf(target: SimulatedTarget, program: string): Promise<DeviceFacts> {
	if (target === "rv32") {
		const { QEMU } = await import("../simulator/rv32-qemu");
		const { stdout } = await run(QEMU, ["--version"]);
		return {
			firmwareFiles: { program: hashFile(program) },
			emulator: stdout.split("\n")[0]!.trim(),
			rom: romComponents(readFileSync(`${program}.map`, "utf8")),
		};
	}
	const application = await applicationFor("host");
	return {
		firmwareFiles: { program: hashFile(program), application: hashFile(application) },
		emulator: null,
		rom: null,
	};
}
