// Writes a model to a device: through the firmware if it answers (the link, docs/LINK.md), else through the ROM loader. Probes
// the device unless the user chooses.
import type { SerialPort } from "serialport";
import { readContainer } from "../../src/blob/container";
import { crc32 } from "../../src/bytes/crc32";
import { DeviceClient, type DeviceInfo } from "../device/client";
import { DeviceError } from "../device/exchange";
import type { BlobModel } from "../evaluation/model-file";
import { UserError } from "../terminal/errors";
import { within } from "../time/limit";
import { vanished } from "./esptool";
import { SLOT_NAMES } from "./partitions";
import { portInfo } from "./ports";
import { type FlashedModel, flashModel } from "./rom-loader";
import { closeSerial, NodeWebSerial, openSerial } from "./serial-transport";
import { checkTaken } from "./taken";

export const WAYS = ["link", "rom"] as const;
export type Way = (typeof WAYS)[number];

/** Milliseconds the firmware has to answer, including its boot after the port was opened. */
const PATIENCE = 1500;

export interface ChooseOptions {
	/** The port, such as /dev/ttyUSB0. */
	path: string;
	model: BlobModel;
	/** 0 or 1; default: the one that is not running. */
	slot?: number;
	/** Default: link if the firmware answers, else rom. */
	via?: Way;
	/** Baud rate of the ROM loader's stub; the link has its own. */
	baudRate?: number;
	/** Milliseconds the firmware has to answer. */
	patience?: number;
	/** Receives the current action, in a few words. */
	onStep?: (text: string) => void;
	onProgress?: (done: number, total: number) => void;
}

export interface Flashed extends FlashedModel {
	via: Way;
	/** Bytes of the blob. */
	bytes: number;
}

/** Writes a model to the device at a port. @throws UserError; the previous model stays valid in any case */
export async function flash(options: ChooseOptions): Promise<Flashed> {
	const { path, model, via, patience, onStep } = options;
	const bytes = model.bytes.length;
	if (via !== "rom") {
		onStep?.(`asking the firmware on ${path}`);
		const loaded = await withLink(path, async (client, port) => {
			const info = await firmwareInfo(client, patience);
			return info && loadOverLink(client, port, info, options);
		});
		if (loaded) return { via: "link", bytes, ...loaded };
		if (via === "link")
			throw new UserError(
				`No edge-ssm firmware answers on ${path}; check port and cable, or write the model through the ROM loader (--via rom).`,
			);
		onStep?.("no firmware answers");
	}
	const port = new NodeWebSerial(path, await portInfo(path));
	return { via: "rom", bytes, ...(await flashModel({ ...options, port })) };
}

/** Opens a port for the link and closes it after the work. */
export async function withLink<T>(
	path: string,
	work: (client: DeviceClient, port: SerialPort) => Promise<T>,
	options: Omit<ConstructorParameters<typeof DeviceClient>[0], "stream"> = {},
): Promise<T> {
	const port = await openSerial(path);
	try {
		return await work(new DeviceClient({ ...options, stream: port }), port);
	} finally {
		await closeSerial(port);
	}
}

/** The firmware's info, or undefined when nothing answers over the link in time. */
export async function firmwareInfo(
	client: DeviceClient,
	patience = PATIENCE,
): Promise<DeviceInfo | undefined> {
	const asked = client.info().catch((error) => {
		if (error instanceof DeviceError) throw error;
		return undefined;
	});
	return await within(patience, asked, () => undefined);
}

async function loadOverLink(
	client: DeviceClient,
	port: SerialPort,
	info: DeviceInfo,
	{ path, model, slot, onStep, onProgress }: ChooseOptions,
): Promise<FlashedModel> {
	checkTaken(model.bytes, info);
	onStep?.(`loading through ${info.firmware} on ${info.target}`);
	const { identity } = readContainer(model.bytes);
	try {
		const loaded = await client.load(model.bytes, crc32(model.bytes), identity, {
			...(slot === undefined ? {} : { slot }),
			...(onProgress ? { onProgress } : {}),
		});
		return {
			target: info.target,
			slot: SLOT_NAMES[loaded.slot] ?? SLOT_NAMES[0],
			sequence: loaded.sequence,
			already: loaded.sequence === info.model?.sequence,
		};
	} catch (error) {
		throw port.isOpen ? error : vanished(path);
	}
}
