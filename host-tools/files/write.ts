// Atomic writing of results: a file is complete or absent.
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../terminal/errors";

/** Refuses an unwritable path before any work is done for it. */
export function checkWritable(path: string): void {
	if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
		throw new UserError(`${path} is a folder; give the name of a file.`);
	if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
		throw new UserError(`There is no folder ${dirname(path)} to write to; create it first.`);
}

/** Writes under a temporary name in the same folder, then renames. */
export function writeWhole(path: string, bytes: Uint8Array): void {
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(temporary, bytes);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new UserError(`${path} could not be written: ${(error as Error).message}.`);
	}
}
