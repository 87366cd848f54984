// Fetches C sources that are a folder of an npm package, through npm's own client, pinned by the package's integrity. Only that
// folder is unpacked, into build/; none of it is part of the project.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import { run } from "./process";

export interface NpmSources {
	/** Such as "the sources of XS". */
	what: string;
	/** Package and version, the name that npm gives its file, and that file's integrity. */
	package: string;
	tarball: string;
	integrity: string;
	/** The folder in the package, and its name here. */
	inside: string;
	folder: string;
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);

async function download({ what, package: name, tarball }: NpmSources, folder: string): Promise<void> {
	say(`fetching ${what} (${name}) from npm, once`);
	const args = ["pack", name, "--pack-destination", folder, "--loglevel", "error"];
	const { code, stderr } = await run("npm", args, { cwd: folder });
	if (code === undefined) throw new UserError(`npm is not on PATH: it is needed once to fetch ${what}.`);
	if (code !== 0) {
		const reason = /npm error (?:code )?(.*)/.exec(stderr)?.[1] ?? `npm exit code ${code}`;
		throw new UserError(
			`${capital(what)} (${name}) could not be fetched from the npm registry (${reason}): connect to the ` +
				`network and try again, or put ${tarball} into ${relative(process.cwd(), folder) || "."}.`,
		);
	}
}

/**
 * Ensures that the sources exist and returns their folder. Not reentrant: callers hold the build's lock.
 * @param folder where the package is kept and unpacked
 * @throws UserError when npm, tar or the network is missing, or the package is not the pinned one
 */
export async function fetchSources(sources: NpmSources, folder: string): Promise<string> {
	const { what, tarball, integrity, inside } = sources;
	const unpacked = join(folder, sources.folder);
	if (existsSync(unpacked)) return unpacked;

	mkdirSync(folder, { recursive: true });
	const file = join(folder, tarball);
	if (!existsSync(file)) await download(sources, folder);
	const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
	if (found !== integrity) {
		rmSync(file);
		throw new UserError(
			`${tarball} is not the package pinned by this project (its integrity is ${found}): it was removed, ` +
				"fetch it again from a registry you trust.",
		);
	}

	const unpacking = `${unpacked}.tmp`;
	rmSync(unpacking, { recursive: true, force: true });
	mkdirSync(unpacking);
	const strip = `--strip-components=${1 + inside.split("/").length}`;
	const { code, stderr } = await run("tar", ["-xzf", file, "-C", unpacking, strip, `package/${inside}`]);
	if (code === undefined) throw new UserError(`tar is not on PATH: it is needed to unpack ${what}.`);
	if (code !== 0) throw new UserError(`${capital(what)} could not be unpacked: ${stderr.trim()}`);
	renameSync(unpacking, unpacked);
	return unpacked;
}
