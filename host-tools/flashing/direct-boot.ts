// The firmware of an ESP32-C3 that its ROM boots directly: one image, from the start of the flash, with the partition table inside.
// It comes with the package; in a checkout it is built on first use. Contains XS, so its licences go where it goes.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectPath } from "../files/project";
import { writeWhole } from "../files/write";
import { buildRv32 } from "../simulator/rv32";
import { UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import type { FirmwareImages } from "./firmware";
import { findApp, parsePartitionTable, partitionTable, TABLE_LENGTH, TABLE_OFFSET } from "./partitions";

/** What `flash --firmware` calls it. */
export const DIRECT_BOOT = "esp32c3";
const FILE = `${DIRECT_BOOT}.bin`;
const CHIP = "ESP32-C3";
/** The first revision whose ROM boots directly: v0.3. */
const LEAST_REVISION = 3;
/** The first word of the flash, and the second. */
const MAGIC = 0xaedb041d;
const FLASH_BYTES = 4 * 1024 * 1024;
const LICENCES = "firmware/targets/esp32c3/licences";
/** Debian's, of the C library that it is linked with. */
const LIBRARY_LICENCE = "/usr/share/doc/picolibc-riscv64-unknown-elf/copyright";

/** Builds the image and puts the partition table into it. @throws UserError when a tool is missing */
async function build(publicKey?: Uint8Array): Promise<Uint8Array> {
	const path = await buildRv32({ chip: DIRECT_BOOT, ...(publicKey && { publicKey }) });
	const image = new Uint8Array(readFileSync(path));
	const table = partitionTable(readFileSync(projectPath("manifests/partitions.csv"), "utf8"));
	if (!image.subarray(TABLE_OFFSET, TABLE_OFFSET + TABLE_LENGTH).every((byte) => byte === 0xff))
		throw new Error("the image leaves no room for the partition table");
	image.set(table, TABLE_OFFSET);
	return image;
}

/**
 * Builds and writes the image with its licences.
 * @param publicKey 32 bytes: it runs models signed by this key only
 * @returns its path and size
 */
export async function writeDirectBoot(
	folder = projectPath("build/firmware/esp32c3-bare"),
	publicKey?: Uint8Array,
): Promise<{ file: string; bytes: number }> {
	const image = await build(publicKey);
	mkdirSync(folder, { recursive: true });
	for (const name of readdirSync(projectPath(LICENCES)))
		copyFileSync(projectPath(`${LICENCES}/${name}`), join(folder, name));
	if (existsSync(LIBRARY_LICENCE)) copyFileSync(LIBRARY_LICENCE, join(folder, "picolibc.txt"));
	else
		say(`${LIBRARY_LICENCE} is not there: add the licence of picolibc before you give the image to others`);
	const file = join(folder, FILE);
	writeWhole(file, image);
	return { file, bytes: image.length };
}

/** The image that comes with the package, else one built now, as images to flash. @throws UserError */
export async function directBootImages(): Promise<FirmwareImages> {
	const shipped = ["firmware", "../firmware"]
		.map((place) => fileURLToPath(new URL(`${place}/${FILE}`, import.meta.url)))
		.find(existsSync);
	return imagesOf(shipped === undefined ? await build() : new Uint8Array(readFileSync(shipped)));
}

/** @throws UserError when these bytes are no such image */
export function imagesOf(bytes: Uint8Array): FirmwareImages {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const table = bytes.subarray(TABLE_OFFSET, TABLE_OFFSET + TABLE_LENGTH);
	const damaged = (why: string) =>
		new UserError(`${FILE} is damaged (${why}): install edge-ssm again, or rebuild the firmware.`);
	if (table.length < TABLE_LENGTH || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== MAGIC)
		throw damaged(`it is no image that an ${CHIP} boots`);
	let offset: number;
	try {
		({ offset } = findApp(parsePartitionTable(table, FLASH_BYTES)));
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		throw damaged("its partition table does not match");
	}
	return {
		chip: CHIP,
		images: [{ file: FILE, offset: 0, bytes }],
		table,
		app: { file: FILE, offset, end: bytes.length },
		leastRevision: LEAST_REVISION,
	};
}
