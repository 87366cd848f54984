// The flash file of a simulated device, accessed by partition, as a flasher accesses a board.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { UserError } from "../terminal/errors";
import { defaultPartitions, type Partition } from "./target";

const FLASH_BYTES = 4 * 1024 * 1024;
const ERASED = 0xff;

function find(name: string, partitions: readonly Partition[]): Partition {
	const partition = partitions.find((p) => p.name === name);
	if (partition) return partition;
	const names = partitions.map((p) => p.name).join(", ");
	throw new UserError(`There is no partition "${name}": this flash has ${names}.`);
}

function readFlash(file: string): Buffer {
	if (!existsSync(file)) return Buffer.alloc(FLASH_BYTES, ERASED);
	const flash = readFileSync(file);
	if (flash.length === FLASH_BYTES) return flash;
	throw new UserError(`${file} is not a flash image: it has ${flash.length} bytes, not ${FLASH_BYTES}.`);
}

/** The bytes of a partition; all 0xFF when the file does not exist. */
export function readPartition(file: string, name: string, partitions = defaultPartitions): Buffer {
	const { offset, length } = find(name, partitions);
	return readFlash(file).subarray(offset, offset + length);
}

/**
 * Erases a partition and writes `bytes` to its start. The device must be off.
 * @throws UserError when the bytes do not fit
 */
export function writePartition(
	file: string,
	name: string,
	bytes: Uint8Array,
	partitions = defaultPartitions,
): void {
	const { offset, length } = find(name, partitions);
	if (bytes.length > length)
		throw new UserError(`${bytes.length} bytes do not fit into partition "${name}", which has ${length}.`);
	const flash = readFlash(file);
	flash.fill(ERASED, offset, offset + length);
	flash.set(bytes, offset);
	const temporary = `${file}.${process.pid}.tmp`;
	writeFileSync(temporary, flash);
	renameSync(temporary, file);
}
