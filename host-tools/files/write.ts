// Atomic writing of results: a file is complete or absent.
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError } from "../terminal/errors";

/**
 * Refuses a path before any work is done for it.
 *
 * @param inputs what the command reads, which its result must not replace
 * @throws UserError
 */
export function checkWritable(path: string, ...inputs: (string | undefined)[]): void {
	const there = statSync(path, { throwIfNoEntry: false });
	if (there?.isDirectory()) throw new UserError(`${path} is a folder; give the name of a file.`);
	if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
		throw new UserError(`There is no folder ${dirname(path)} to write to; create it first.`);
	if (!there) return;
	for (const input of inputs) {
		const read = input === undefined ? undefined : statSync(input, { throwIfNoEntry: false });
		if (read?.dev === there.dev && read.ino === there.ino)
			throw new UserError(`${path} is read by this command and would be overwritten; give another name.`);
	}
}

/** Creates a folder and those above it. Not by mkdir's `recursive`, which does not return where a file system refuses, as /proc. */
export function makeFolder(path: string): void {
	const missing: string[] = [];
	for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
	for (const folder of missing)
		try {
			mkdirSync(folder);
		} catch (error) {
			if (!existsSync(folder))
				// another process may have been faster
				throw new UserError(`The folder ${path} could not be created: ${(error as Error).message}.`);
		}
	if (!statSync(path).isDirectory()) throw new UserError(`${path} is a file; give the name of a folder.`);
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
