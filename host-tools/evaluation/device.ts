// The firmware on XS on this machine, from power-on to power-off: as a native program, or bare metal on an emulated RV32IMC.
// Builds it if needed, boots it with its own flash, and loads a blob into a model slot over the link, like a board on a cable.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readContainer } from "../../src/blob/container";
import { crc32 } from "../../src/bytes/crc32";
import { DeviceClient, type ResultEvent } from "../device/client";
import { joinStreams } from "../device/transport";
import { applicationFor } from "../simulator/application";
import { buildHost } from "../simulator/build";
import { Simulator } from "../simulator/simulator";
import { type Command, hostCommand } from "../simulator/target";
import { UserError } from "../terminal/errors";
import { patient } from "../time/limit";

/** A device that is powered on. */
export interface SimulatedDevice {
	client: DeviceClient;
	/** The next result of the stream. @throws UserError when none arrives */
	nextResult(): Promise<ResultEvent>;
	/** Lines logged by the device. */
	log: string[];
}

/** Targets that run the firmware here, without a board. */
export const SIMULATED = ["host", "rv32"] as const;
export type SimulatedTarget = (typeof SIMULATED)[number];

/** Built firmware. */
export interface SimulatedFirmware {
	target: SimulatedTarget;
	/** Path of the XS program. */
	program: string;
	/** Starts it with a flash file. */
	command: (flashFile: string) => Command;
	/** Whether it exits when its input ends; a bare-metal device does not. */
	ends: boolean;
}

/** Builds XS and the application for a target, unless up to date. */
export async function buildFirmware(target: SimulatedTarget): Promise<SimulatedFirmware> {
	if (target === "rv32") {
		const { buildRv32, rv32Command } = await import("../simulator/rv32");
		const program = await buildRv32();
		return { target, program, command: (flashFile) => rv32Command(program, { flashFile }), ends: false };
	}
	const program = await buildHost();
	const app = await applicationFor("host");
	return { target, program, command: (flashFile) => hostCommand(program, { app, flashFile }), ends: true };
}

const RESULT_MILLISECONDS = 10_000;

/** Powers the device on with a flash file, runs `work`, and always powers it off. */
export async function withDevice<T>(
	{ command, ends }: SimulatedFirmware,
	flashFile: string,
	work: (device: SimulatedDevice) => Promise<T>,
): Promise<T> {
	const simulator = new Simulator(command(flashFile));
	const results: ResultEvent[] = [];
	let wake: ((result: ResultEvent) => void) | undefined;
	const client = new DeviceClient({
		stream: joinStreams(simulator),
		timeout: 2000,
		onResult: (result) => {
			if (wake === undefined) results.push(result);
			else {
				const give = wake;
				wake = undefined;
				give(result);
			}
		},
	});
	const nextResult = () =>
		new Promise<ResultEvent>((resolve, reject) => {
			const waiting = results.shift();
			if (waiting !== undefined) return resolve(waiting);
			const timer = setTimeout(() => {
				wake = undefined;
				reject(new UserError("The device took an entire sequence but sent no result."));
			}, patient(RESULT_MILLISECONDS));
			wake = (result) => {
				clearTimeout(timer);
				resolve(result);
			};
		});
	try {
		return await work({ client, nextResult, log: simulator.log });
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		const last = simulator.log.slice(-3).join(" / ");
		throw new UserError(last === "" ? error.message : `${error.message} Its log ends: ${last}`);
	} finally {
		if (ends) await simulator.stop();
		else await simulator.kill();
	}
}

/** Loads a blob into the device's free model slot; it runs from there if its golden vectors pass. */
export async function loadBlob(
	{ client }: SimulatedDevice,
	blob: Uint8Array,
): Promise<{ slot: number; sequence: number }> {
	return client.load(blob, crc32(blob) >>> 0, readContainer(blob).identity);
}

/** Runs `work` with the path of a new flash file, and removes the file afterwards. */
export async function withFlash<T>(work: (flashFile: string) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "edge-ssm-"));
	try {
		return await work(join(folder, "flash.bin"));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
