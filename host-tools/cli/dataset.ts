// edge-ssm dataset: fetches a public data set whose official download is stable, and trusts only checksums: those kept here
// (host-tools/datasets/public-classes.ts), or for an archive without one, the user's. Some sets are computed instead.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Argument, Command, InvalidArgumentError } from "commander";
import { COMPUTED_SETS, type ComputedSet } from "../datasets/computed-sets";
import { writePackedFolder } from "../datasets/packed";
import { ARCHIVE_SETS, type ArchiveSet, FILE_SETS, type FileSet, unpackSet } from "../datasets/public";
import { writeTokenFolder } from "../datasets/write-tokens";
import { makeFolder, writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";
import { grouped, print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { jsonOption, whole } from "./options";

/** No file of any set is larger, compressed or not. */
const MAX_BYTES = 96 * 2 ** 20;
const TIMEOUT_MS = 10 * 60_000;

interface Options {
	output: string;
	mirror?: string;
	archive?: string;
	sha256?: string;
	count?: number;
	seed?: number;
	json?: boolean;
}

export function datasetCommand(): Command {
	const all = { ...FILE_SETS, ...ARCHIVE_SETS, ...COMPUTED_SETS };
	const sets = Object.entries(all).map(([name, { about }]) => `  ${name.padEnd(16)}${about}`);
	return new Command("dataset")
		.description(
			"Fetches a public data set into a folder for --data. A file that does not match its checksum is refused; where none is known, the checksum received is printed and nothing is written until --sha256 confirms it. Computed sets are the same on every machine.",
		)
		.addArgument(new Argument("<name>", "which one").choices(Object.keys(all)))
		.requiredOption("-o, --output <folder>", "created if missing; files of the same names are replaced")
		.option("--mirror <url>", "folder with the same files on another server")
		.option("--archive <file>", "convert this local archive instead of fetching one")
		.option("--sha256 <sum>", "trusted checksum of the archive (64 hexadecimal digits)", sha256)
		.option("--count <n>", "training sequences of a computed set", whole(1, 200_000))
		.option("--seed <n>", "of a computed set (default: 1)", whole(0, 0xffffffff))
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Data sets:
${sets.join("\n")}

Example:
  edge-ssm dataset mnist -o data/mnist
  edge-ssm dataset epilepsy -o data/epilepsy
  edge-ssm dataset listops --count 20000 -o data/listops`,
		)
		.action(run);
}

function sha256(text: string): string {
	if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError("Expected 64 hexadecimal digits.");
	return text.toLowerCase();
}

/** Why a request failed, as the system reports it. */
function reason(error: unknown): string {
	const { message, cause } = error as Error;
	return cause instanceof Error && cause.message ? cause.message : message;
}

/** The entire response, at most MAX_BYTES, or an error. */
async function download(url: string, onBytes: (count: number) => void): Promise<Buffer> {
	const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
	if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of response.body) {
		parts.push(part);
		length += part.length;
		if (length > MAX_BYTES) throw new Error("the response is far larger than the file should be");
		onBytes(length);
	}
	return Buffer.concat(parts);
}

function hasSum(bytes: Buffer, { sumOf, algorithm }: FileSet, expected: string): boolean {
	let content = bytes;
	if (sumOf === "content")
		try {
			content = gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
		} catch {
			return false;
		}
	return createHash(algorithm).update(content).digest("hex") === expected;
}

/** One file from the first server with a complete copy. @throws UserError with what each server did */
async function fetchFile(set: FileSet, mirrors: string[], file: string, onBytes: (count: number) => void) {
	const failures: string[] = [];
	for (const mirror of mirrors) {
		const url = new URL(file, mirror);
		try {
			const bytes = await download(url.href, onBytes);
			if (hasSum(bytes, set, set.files[file]!)) return bytes;
			failures.push(`${url.host}: not the published file (different checksum)`);
		} catch (error) {
			failures.push(`${url.host}: ${reason(error)}`);
		}
	}
	throw new UserError(
		`${file} could not be fetched (${failures.join("; ")}). Check the network, choose another server with --mirror, or copy the files into the folder yourself.`,
	);
}

/** The archive of a set from the first server that has it, and that server. @throws UserError with what each server did */
async function fetchArchive(name: string, urls: string[]): Promise<{ bytes: Buffer; from: string }> {
	const failures: string[] = [];
	const progress = new Progress(`fetching ${name}`, 0, "bytes");
	try {
		for (const url of urls)
			try {
				return { bytes: await download(url, (count) => progress.update(count)), from: url };
			} catch (error) {
				failures.push(`${new URL(url).host}: ${reason(error)}`);
			}
	} finally {
		progress.done();
	}
	throw new UserError(
		`The archive of ${name} could not be fetched (${failures.join("; ")}). Check the network, choose another server with --mirror, or give the archive with --archive.`,
	);
}

function readArchive(path: string): { bytes: Buffer; from: string } {
	const size = statSync(path, { throwIfNoEntry: false })?.size;
	if (size === undefined) throw new UserError(`There is no archive ${path}.`);
	if (size > MAX_BYTES) throw new UserError(`${path} is far larger than the archive should be.`);
	return { bytes: readFileSync(path), from: basename(path) };
}

/** The folder on another server as a URL; a missing slash is added. */
function checkMirror(mirror: string): string {
	if (!(/^https?:/.test(mirror) && URL.canParse(mirror)))
		throw new UserError(`The mirror ${mirror} is not a URL that starts with http:// or https://.`);
	return mirror.endsWith("/") ? mirror : `${mirror}/`;
}

function unpackShown(name: string, bytes: Uint8Array) {
	let progress: Progress | undefined;
	try {
		return unpackSet(name, bytes, (done, of) => {
			progress ??= new Progress(`converting ${name}`, of, "files");
			progress.update(done);
		});
	} finally {
		progress?.done();
	}
}

/** Fetches, verifies and converts a set that comes as one archive. */
async function runArchive(name: string, set: ArchiveSet, options: Options): Promise<void> {
	const { output, mirror, archive, sha256: given, json } = options;
	const urls =
		mirror === undefined ? set.urls : set.urls.map((url) => checkMirror(mirror) + url.split("/").pop());
	const { bytes, from } = archive === undefined ? await fetchArchive(name, urls) : readArchive(archive);
	const sum = createHash("sha256").update(bytes).digest("hex");
	if (given !== undefined && sum !== given)
		throw new UserError(`The archive from ${from} has the SHA-256 ${sum}, not the one given.`);
	const { train, test, known } = unpackShown(name, bytes);
	if (given === undefined && archive === undefined && !known)
		throw new UserError(
			`The archive from ${from} has the labels and counts of ${name}, but ${known === undefined ? "no known checksum" : "values other than the known ones"}; to trust it, give --sha256 ${sum}.`,
		);
	const files = writePackedFolder(output, { train, test }, { origin: from, sha256_archive: sum });
	const count = train.count + test.count;
	if (json) printJson({ name, output, files, bytes: bytes.length, sha256: sum, known: known ?? null });
	else
		print(
			`${output}: ${grouped(count)} sequences; ${known ? "the values match the known checksum" : `SHA-256 of the archive ${sum}`}`,
		);
}

async function runFiles(name: string, set: FileSet, options: Options): Promise<void> {
	const { output, mirror, archive, sha256: given, json } = options;
	if (archive !== undefined || given !== undefined)
		throw new UserError(`${name} comes as files with known checksums; leave --archive and --sha256 out.`);
	const mirrors = mirror === undefined ? set.mirrors : [checkMirror(mirror)];
	const progress = new Progress(`fetching ${name}`, 0, "bytes");
	const fetched: [string, Buffer][] = [];
	let before = 0;
	try {
		for (const file of Object.keys(set.files)) {
			const bytes = await fetchFile(set, mirrors, file, (count) => progress.update(before + count, file));
			before += bytes.length;
			fetched.push([file, bytes]);
		}
	} finally {
		progress.done();
	}
	// Write nothing until everything has arrived.
	makeFolder(output);
	for (const [file, bytes] of fetched) writeWhole(join(output, file), bytes);
	if (json) printJson({ name, output, files: fetched.map(([file]) => file), bytes: before });
	else print(`${output}: ${fetched.length} files, ${grouped(before)} bytes, checksums right`);
}

function runComputed(name: string, set: ComputedSet, options: Options): void {
	const { output, mirror, archive, sha256: given, count = set.usual, seed = 1, json } = options;
	if (mirror !== undefined || archive !== undefined || given !== undefined)
		throw new UserError(`${name} is computed and not fetched; leave --mirror, --archive and --sha256 out.`);
	let progress: Progress | undefined;
	try {
		const made = set.make(count, seed, (done, of) => {
			progress ??= new Progress(`computing ${name}`, of, "sequences");
			progress.update(done);
		});
		const files = writeTokenFolder(output, made, { origin: set.origin, seed });
		const counts = { train: made.train.rows.length, test: made.test.rows.length };
		if (json) printJson({ name, output, files, ...counts, seed });
		else
			print(
				`${output}: ${grouped(counts.train)} sequences to train and ${grouped(counts.test)} to test, of seed ${seed}`,
			);
	} finally {
		progress?.done();
	}
}

async function run(name: string, options: Options): Promise<void> {
	const computed = COMPUTED_SETS[name];
	if (computed) {
		runComputed(name, computed, options);
		return;
	}
	if (options.count !== undefined || options.seed !== undefined)
		throw new UserError(`${name} is fetched and not computed; leave --count and --seed out.`);
	const files = FILE_SETS[name];
	if (files) await runFiles(name, files, options);
	else await runArchive(name, ARCHIVE_SETS[name]!, options);
}
