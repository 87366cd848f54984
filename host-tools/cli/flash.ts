// edge-ssm flash: puts a model or firmware on a board.
import { Command, Option } from "commander";
import type { Flashed, Way } from "../flashing/choose";
import { SLOT_NAMES } from "../flashing/partitions";
import { UserError } from "../terminal/errors";
import { grouped, print, printJson, say } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { jsonOption, whole } from "./options";

interface Options {
	port?: string;
	firmware?: string;
	slot?: (typeof SLOT_NAMES)[number];
	via?: Way;
	baud?: number;
	json?: boolean;
}

export function flashCommand(): Command {
	return new Command("flash")
		.description(
			"Writes a model into the inactive slot: through the firmware if it answers, otherwise through the chip's ROM loader. If anything fails, the previous model runs again. With --firmware writes bootloader, partition table and application instead, and a manifest.json for ESP Web Tools next to them.",
		)
		.argument("[model]", "blob (.essm)")
		.option("--port <path>", "serial port, such as /dev/ttyUSB0")
		.option(
			"--firmware <which>",
			"esp32c3, which comes ready; or a folder with bootloader.bin, partition-table.bin and xs_esp32.bin; without --port only the folder's manifest is written",
		)
		.addOption(new Option("--slot <name>", "slot to write; default: the inactive one").choices(SLOT_NAMES))
		.addOption(
			new Option("--via <way>", "force a way: through the firmware, or the ROM loader").choices([
				"link",
				"rom",
			]),
		)
		.addOption(
			new Option("--baud <rate>", "bits per second of the ROM loader; default: 460800").argParser(
				whole(9600, 4_000_000),
			),
		)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExamples:\n  edge-ssm flash motion.essm --port /dev/ttyUSB0\n  edge-ssm flash --firmware esp32c3 --port /dev/ttyUSB0\n  edge-ssm flash --firmware FOLDER-OF-THE-BUILD --port /dev/ttyUSB0",
		)
		.action(run);
}

async function run(model: string | undefined, options: Options): Promise<void> {
	if ((model === undefined) === (options.firmware === undefined))
		throw new UserError("Give either a model (.essm) or --firmware with a name or folder.");
	if (options.firmware !== undefined) await firmware(options.firmware, options);
	else await flashModel(model!, options);
}

/** Steps on stderr as they start, progress below. */
function reporting(): {
	onStep: (text: string) => void;
	onProgress: (done: number, total: number) => void;
	done: () => void;
} {
	let progress: Progress | undefined;
	return {
		onStep: (text) => {
			progress?.done();
			progress = undefined;
			say(text);
		},
		onProgress: (done, total) => {
			progress ??= new Progress("writing", total, "bytes");
			progress.update(done);
		},
		done: () => progress?.done(),
	};
}

async function flashModel(path: string, { port, slot, via, baud, json }: Options): Promise<void> {
	if (port === undefined)
		throw new UserError('Give the board\'s serial port with --port; "edge-ssm doctor" lists the ports.');
	// Load the serial port's native code only in commands that need it.
	const { flash } = await import("../flashing/choose");
	const { readBlobFile } = await import("../evaluation/model-file");
	const blob = readBlobFile(path);
	if (!blob.network.rate)
		say(
			"warning: this model states no sampling rate, so the firmware cannot sample a sensor for it; quantize --hz gives it one",
		);
	const reports = reporting();
	let result: Flashed;
	try {
		result = await flash({
			path: port,
			model: blob,
			...(slot === undefined ? {} : { slot: SLOT_NAMES.indexOf(slot) }),
			...(via === undefined ? {} : { via }),
			...(baud === undefined ? {} : { baudRate: baud }),
			...reports,
		});
	} finally {
		reports.done();
	}
	if (json) printJson(result);
	else if (result.already) print(`${result.slot} of ${result.target} already runs this model`);
	else
		print(
			`${grouped(result.bytes)} bytes in ${result.slot} of ${result.target}, verified; now running model number ${result.sequence}`,
		);
}

async function firmware(folder: string, { port, slot, via, baud, json }: Options): Promise<void> {
	if (slot !== undefined || via === "link")
		throw new UserError(
			"Firmware is written through the ROM loader, not into a slot: leave --slot and --via out.",
		);
	const { flashFirmware, readFirmware, writeWebManifest } = await import("../flashing/firmware");
	const { DIRECT_BOOT, directBootImages } = await import("../flashing/direct-boot");
	const ready = folder === DIRECT_BOOT;
	if (ready && port === undefined)
		throw new UserError('Give the board\'s serial port with --port; "edge-ssm doctor" lists the ports.');
	const read = ready ? await directBootImages() : readFirmware(folder);
	const manifest = ready ? null : writeWebManifest(folder, read);
	if (port !== undefined) {
		const { NodeWebSerial } = await import("../flashing/serial-transport");
		const { portInfo } = await import("../flashing/ports");
		const reports = reporting();
		try {
			await flashFirmware({
				port: new NodeWebSerial(port, await portInfo(port)),
				path: port,
				firmware: read,
				...(baud === undefined ? {} : { baudRate: baud }),
				...reports,
			});
		} finally {
			reports.done();
		}
	}
	const images = read.images.map(({ file, offset, bytes }) => ({ file, offset, bytes: bytes.length }));
	if (json) printJson({ chip: read.chip, images, manifest, written: port !== undefined });
	else {
		if (port !== undefined) print(`firmware for the ${read.chip} written, verified and started`);
		if (manifest !== null) print(`${manifest} describes it for ESP Web Tools`);
	}
}
