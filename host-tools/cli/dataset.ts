// edge-ssm dataset: fetches a public data set whose official download is stable, and believes only its checksums. Sets that
// come as zip archives or need conversion are not here: docs/DATASETS.md tells what --data reads.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Argument, Command } from "commander";
import { UserError } from "../common/errors";
import { writeWhole } from "../common/files";
import { Progress } from "../common/progress";
import { jsonOption } from "./options";
import { grouped, print, printJson } from "./output";

interface PublicSet {
	about: string;
	/** Folders on servers, tried in this order. */
	mirrors: string[];
	/** Of the files as they come (packed), or of what is in them, which survives being packed anew. */
	sumOf: "packed" | "content";
	algorithm: "md5" | "sha256";
	/** Sum of each file in hexadecimal. */
	files: Record<string, string>;
}

const SETS: Record<string, PublicSet> = {
	mnist: {
		about: "handwritten digits, 28 x 28 (LeCun, Cortes, Burges; CC BY-SA 3.0)",
		mirrors: [
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		],
		sumOf: "content",
		algorithm: "sha256",
		files: {
			"train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
			"train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			"t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
			"t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
		},
	},
	"fashion-mnist": {
		about: "articles of clothing, 28 x 28 (Zalando Research; MIT)",
		mirrors: [
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		],
		sumOf: "packed",
		algorithm: "md5",
		files: {
			"train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
			"train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
			"t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
			"t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
		},
	},
};

/** No file of any set is larger, packed or not. */
const MAX_BYTES = 64 * 2 ** 20;
const TIMEOUT_MS = 10 * 60_000;

interface Options {
	output: string;
	mirror?: string;
	json?: boolean;
}

export function datasetCommand(): Command {
	const sets = Object.entries(SETS).map(([name, { about }]) => `  ${name.padEnd(15)}${about}`);
	return new Command("dataset")
		.summary("fetch a public data set")
		.description(
			"Fetches a public data set into a folder for --data. What does not match its checksum is refused.",
		)
		.addArgument(new Argument("<name>", "which one").choices(Object.keys(SETS)))
		.requiredOption("-o, --output <folder>", "made if it is not there; files of the same names are replaced")
		.option("--mirror <url>", "folder on another server that has the same files")
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Data sets:
${sets.join("\n")}

Example:
  edge-ssm dataset mnist -o data/mnist`,
		)
		.action(run);
}

/** Why a request failed, as the system says it. */
function reason(error: unknown): string {
	const { message, cause } = error as Error;
	return cause instanceof Error && cause.message ? cause.message : message;
}

/** The whole answer, or an error; never more than MAX_BYTES. */
async function download(url: string, onBytes: (count: number) => void): Promise<Buffer> {
	const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
	if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of response.body) {
		parts.push(part);
		length += part.length;
		if (length > MAX_BYTES) throw new Error("the answer is far larger than the file should be");
		onBytes(length);
	}
	return Buffer.concat(parts);
}

function hasSum(bytes: Buffer, { sumOf, algorithm }: PublicSet, expected: string): boolean {
	let content = bytes;
	if (sumOf === "content")
		try {
			content = gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
		} catch {
			return false;
		}
	return createHash(algorithm).update(content).digest("hex") === expected;
}

/** One file from the first server that has it whole. @throws UserError with what each server did */
async function fetchFile(set: PublicSet, mirrors: string[], file: string, onBytes: (count: number) => void) {
	const failures: string[] = [];
	for (const mirror of mirrors) {
		const url = new URL(file, mirror.endsWith("/") ? mirror : `${mirror}/`);
		try {
			const bytes = await download(url.href, onBytes);
			if (hasSum(bytes, set, set.files[file]!)) return bytes;
			failures.push(`${url.host}: it is not the file that was published (its checksum is another)`);
		} catch (error) {
			failures.push(`${url.host}: ${reason(error)}`);
		}
	}
	throw new UserError(
		`${file} could not be fetched (${failures.join("; ")}). Check the network, name another server with --mirror, or copy the files into the folder by other means.`,
	);
}

async function run(name: string, { output, mirror, json }: Options): Promise<void> {
	const set = SETS[name]!;
	if (mirror !== undefined && !(/^https?:/.test(mirror) && URL.canParse(mirror)))
		throw new UserError(`The mirror ${mirror} is no address that begins with http:// or https://.`);
	const mirrors = mirror === undefined ? set.mirrors : [mirror];
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
	// Nothing is written before everything is there.
	try {
		mkdirSync(output, { recursive: true });
	} catch (error) {
		throw new UserError(`The folder ${output} could not be made: ${(error as Error).message}.`);
	}
	for (const [file, bytes] of fetched) writeWhole(join(output, file), bytes);
	if (json) printJson({ name, output, files: fetched.map(([file]) => file), bytes: before });
	else print(`${output}: ${fetched.length} files, ${grouped(before)} bytes, checksums right`);
}
