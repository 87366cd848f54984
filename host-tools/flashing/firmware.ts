// Writes the firmware images in a build folder to a blank chip through the ROM loader, and creates the manifest with which ESP
// Web Tools does the same from a web page. Images are checked against chip and flash before anything is written.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../files/project";
import { writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";
import { CHIPS, type ChipOptions, withChip } from "./esptool";
import { findApp, findSlots, parsePartitionTable, TABLE_LENGTH, TABLE_OFFSET } from "./partitions";

/** Offset of the application: ESP-IDF's first app partition. */
const APP_OFFSET = 0x10000;
const IMAGE_MAGIC = 0xe9;
const IMAGE_CHIP_ID = 12;
const IMAGE_HEADER_BYTES = 24;

export interface FirmwareImage {
	file: string;
	offset: number;
	bytes: Uint8Array;
}

export interface FirmwareImages {
	/** The chip it was built for. */
	chip: string;
	/** Bootloader, partition table, application; or all in one. */
	images: FirmwareImage[];
	/** The partition table. */
	table: Uint8Array;
	/** The application: its file, where it begins in flash and where it ends. */
	app: { file: string; offset: number; end: number };
	/** The first revision of the chip that boots it, such as 3 for v0.3. */
	leastRevision?: number;
}

/**
 * Reads bootloader.bin, partition-table.bin and xs_esp32.bin (the Moddable SDK's name for the application on every
 * chip of the family).
 * @throws UserError when one is missing, is not an image, or is for another chip than the others
 */
export function readFirmware(folder: string): FirmwareImages {
	const read = (file: string) => {
		const path = join(folder, file);
		if (!existsSync(path))
			throw new UserError(
				`There is no ${file} in ${folder}; build the firmware first, or give the folder with its images.`,
			);
		return { file, bytes: new Uint8Array(readFileSync(path)) };
	};
	const bootloader = read("bootloader.bin");
	const table = read("partition-table.bin");
	const app = read("xs_esp32.bin");
	const chip = imageChip(bootloader);
	if (imageChip(app) !== chip)
		throw new UserError(
			`${bootloader.file} is for the ${chip} and ${app.file} for the ${imageChip(app)}; rebuild the firmware.`,
		);
	const { bootloaderOffset } = CHIPS[chip]!;
	if (bootloaderOffset + bootloader.bytes.length > TABLE_OFFSET)
		throw new UserError(`${bootloader.file} reaches into the partition table; rebuild the firmware.`);
	return {
		chip,
		images: [
			{ ...bootloader, offset: bootloaderOffset },
			{ ...table, offset: TABLE_OFFSET },
			{ ...app, offset: APP_OFFSET },
		],
		table: table.bytes,
		app: { file: app.file, offset: APP_OFFSET, end: APP_OFFSET + app.bytes.length },
	};
}

function imageChip({ file, bytes }: { file: string; bytes: Uint8Array }): string {
	const id =
		bytes.length >= IMAGE_HEADER_BYTES && bytes[0] === IMAGE_MAGIC
			? bytes[IMAGE_CHIP_ID]! + 256 * bytes[IMAGE_CHIP_ID + 1]!
			: undefined;
	const name = Object.keys(CHIPS).find((chip) => CHIPS[chip]!.imageChipId === id);
	if (name === undefined)
		throw new UserError(
			`${file} is ${id === undefined ? "not an image of an ESP32" : `for a chip with the number ${id}`}; edge-ssm runs on ${Object.keys(CHIPS).join(", ")}.`,
		);
	return name;
}

/** Checks that the images fit their partition table and a flash of this size. @throws UserError */
function checkFit({ table, app }: FirmwareImages, flashBytes: number): void {
	const partitions = parsePartitionTable(table.subarray(0, TABLE_LENGTH), flashBytes);
	findSlots(partitions);
	const { offset, length } = findApp(partitions);
	if (offset !== app.offset || app.end > offset + length)
		throw new UserError(
			`${app.file} (${app.end - app.offset} bytes at 0x${app.offset.toString(16)}) does not fit its partition (${length} bytes at 0x${offset.toString(16)}); rebuild the firmware.`,
		);
}

/** Writes DIR/manifest.json for ESP Web Tools. @returns its path */
export function writeWebManifest(folder: string, { chip, images }: FirmwareImages): string {
	const manifest = {
		name: "edge-ssm",
		version: VERSION,
		new_install_prompt_erase: true,
		builds: [{ chipFamily: chip, parts: images.map(({ file, offset }) => ({ path: file, offset })) }],
	};
	const path = join(folder, "manifest.json");
	writeWhole(path, Buffer.from(`${JSON.stringify(manifest, undefined, "\t")}\n`));
	return path;
}

export interface FlashFirmwareOptions extends ChipOptions {
	firmware: FirmwareImages;
	onProgress?: (done: number, total: number) => void;
}

/** Writes the images, each verified by MD5, and starts them. Models in the slots stay where they are. @throws UserError */
export async function flashFirmware(options: FlashFirmwareOptions): Promise<void> {
	const { path, firmware, onStep, onProgress } = options;
	return withChip(options, async (chip) => {
		if (chip.name !== firmware.chip)
			throw new UserError(
				`The firmware is for the ${firmware.chip}, but the chip on ${path} is an ${chip.name}; build it for this board.`,
			);
		const { leastRevision = 0 } = firmware;
		if ((await chip.revision()) < leastRevision)
			throw new UserError(
				`The ${chip.name} on ${path} is older than revision v0.${leastRevision} and cannot boot firmware without a bootloader; nothing was written: build it with the SDK (edge-ssm firmware --board esp32c3).`,
			);
		checkFit(firmware, chip.flashBytes);
		const total = firmware.images.reduce((sum, { bytes }) => sum + bytes.length, 0);
		let done = 0;
		for (const { file, offset, bytes } of firmware.images) {
			onStep?.(`writing ${file} to 0x${offset.toString(16)}`);
			await chip.write(offset, bytes, (part) => onProgress?.(done + Math.round(part * bytes.length), total));
			done += bytes.length;
		}
		await chip.reset();
	});
}
