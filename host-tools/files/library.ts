// The project's C libraries for Node: built by make on first use, and again when their sources change. An installed package
// contains sources only: install scripts may be disabled, and no binary fits every machine.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { UserError } from "../terminal/errors";
import { projectPath } from "./project";

export const COMPILER_REMEDY =
	"install a C compiler and make (Debian: apt install build-essential; macOS: xcode-select --install)";

/**
 * Path of a library, up to date with its sources. Without make, an existing build is used as is.
 * @param what names it in errors @param folder holds its Makefile @param library path in the project of what make builds
 * @throws UserError when it cannot be built
 */
export function builtLibrary(what: string, folder: string, library: string, target = "all"): string {
	const path = projectPath(library);
	const args = ["--no-print-directory", "-s", "-C", projectPath(folder), target];
	// a parent make must not pass its flags to a child make; its messages are read here
	const { MAKEFLAGS: _flags, MAKELEVEL: _level, ...env } = process.env;
	const { status, error, stderr } = spawnSync("make", args, {
		encoding: "utf8",
		env: { ...env, LC_ALL: "C" },
	});
	if (status === 0) return path;
	if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
		if (existsSync(path)) return path;
		throw new UserError(`${what} needs make, which is not installed: ${COMPILER_REMEDY}.`);
	}
	if (/\bcc: (command |No such|not found|Permission)/.test(stderr))
		throw new UserError(`${what} needs cc, which is not installed: ${COMPILER_REMEDY}.`);
	const lines = (stderr ?? "").trim().split("\n");
	const reason = error?.message ?? lines.find((line) => /error|cannot|denied/i.test(line)) ?? lines[0];
	throw new UserError(`${what} could not be built in ${projectPath(library)}: ${reason}.`);
}
