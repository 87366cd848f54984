// The firmware on XS on this machine, from power-on to power-off: builds what is not built, boots it with a flash of its
// own, and loads a blob into a model slot over the link, as with a board on a cable.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "../../src/bytes/crc32";
import { readBlobHeader } from "../../src/model/read-blob";
import { UserError } from "../cli/errors";
import { DeviceClient, type ResultEvent } from "../device/client";
import { joinStreams } from "../device/transport";
import { buildHost } from "../simulator/build";
import { projectPath } from "../simulator/project";
import { Simulator } from "../simulator/simulator";
import { hostCommand } from "../simulator/target";

/** What a device that is switched on consists of. */
export interface Desktop {
	client: DeviceClient;
	/** The next result of the stream. @throws UserError when none comes */
	nextResult(): Promise<ResultEvent>;
	/** Lines that the device wrote. */
	log: string[];
}

/** Paths of the two programs: XS, and the application's module. */
export interface Firmware {
	program: string;
	app: string;
}

/** Builds XS and the application for this machine, or finds them fresh. */
export async function buildFirmware(): Promise<Firmware> {
	const program = await buildHost();
	// Bundling needs packages that only development has: they are asked for when they are needed, and not before.
	const { bundleApp } = await import("../simulator/bundle");
	return { program, app: await bundleApp(projectPath("firmware/app/main.ts")) };
}

const RESULT_MILLISECONDS = 10_000;

/** Switches the device on with a flash file, does `work`, and switches it off whatever happens. */
export async function withDesktop<T>(
	{ program, app }: Firmware,
	flashFile: string,
	work: (desktop: Desktop) => Promise<T>,
): Promise<T> {
	const simulator = new Simulator(hostCommand(program, { app, flashFile }));
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
				reject(new UserError("The device took a whole sequence but sent no result."));
			}, RESULT_MILLISECONDS);
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
		await simulator.stop();
	}
}

/** Loads a blob into the device's free model slot; it runs from there when its golden vectors come out right. */
export async function loadBlob(
	{ client }: Desktop,
	blob: Uint8Array,
): Promise<{ slot: number; sequence: number }> {
	return client.load(blob, crc32(blob) >>> 0, readBlobHeader(blob).identity);
}

/** Does `work` with the path of a flash that does not exist yet, and removes it afterwards. */
export async function withFlash<T>(work: (flashFile: string) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "edge-ssm-"));
	try {
		return await work(join(folder, "flash.bin"));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
