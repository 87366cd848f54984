// Builds the firmware with the Moddable SDK: finds the SDK, calls mcconfig on a board's manifest, and returns where the images
// are. Installs and flashes nothing.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { projectPath } from "../files/project";
import { run } from "../simulator/process";
import { ED25519_NAMES, signedSources } from "../simulator/signed-build";
import { UserError } from "../terminal/errors";
import { Progress } from "../terminal/progress";

/** mcconfig's platform for each board, a folder of manifests/. */
export const BOARDS = {
	esp32: "esp32",
	esp32s3: "esp32/esp32s3",
	esp32c3: "esp32/esp32c3",
	esp32c6: "esp32/esp32c6",
	lin: "lin",
} as const;
export type Board = keyof typeof BOARDS;
export const boards = Object.keys(BOARDS) as Board[];

export interface BuildOptions {
	board: Board;
	/** Builds for xsbug: asserts, and the debugger on the link's port. */
	debug?: boolean;
	/** mcconfig's output folder. */
	output?: string;
	/** 32 bytes: firmware that runs models signed by this key only. */
	publicKey?: Uint8Array;
	/** Receives each line mcconfig prints. */
	onLine?: (line: string) => void;
}

export interface BuiltFirmware {
	/** The folder that holds the images. */
	folder: string;
	/** bootloader.bin, partition-table.bin, xs_esp32.bin; mc.so and edge-ssm-lin on lin. */
	files: string[];
	/** Compiler and linker warnings about the project's own files. */
	warnings: string[];
}

const HELP = "docs/DEVICE.md describes each step";

/** The SDK's folder, and the folder of its tools. @throws UserError when missing or not built */
export function findModdable(): { moddable: string; tools: string } {
	const moddable = process.env.MODDABLE;
	if (!moddable)
		throw new UserError(
			`The Moddable SDK is not here: MODDABLE is not set. Install it with "npx xs-dev setup" and open a new terminal; ${HELP}.`,
		);
	const tools = join(moddable, "build/bin", process.platform === "darwin" ? "mac" : "lin", "release");
	if (!existsSync(join(tools, "mcconfig")))
		throw new UserError(
			`The Moddable SDK in ${moddable} has no tools (${join(tools, "mcconfig")} is missing). Build them with "npx xs-dev setup" or its make; ${HELP}.`,
		);
	return { moddable, tools };
}

function needIDF(board: Board): void {
	const path = process.env.IDF_PATH;
	if (path && existsSync(path)) return;
	throw new UserError(
		`ESP-IDF is not here: IDF_PATH ${path ? `is ${path}, which does not exist` : "is not set"}. Install it with "npx xs-dev setup --device esp32" and open a new terminal to build for ${board}; ${HELP}.`,
	);
}

/** Folder of this project's tsc, which mcconfig calls by name. */
function findTsc(): string {
	for (let folder = projectPath("."); ; folder = dirname(folder)) {
		const bin = join(folder, "node_modules/.bin");
		if (existsSync(join(bin, "tsc"))) return bin;
		if (dirname(folder) === folder)
			throw new UserError(
				'TypeScript is not installed, and mcconfig needs it: run "npm install typescript".',
			);
	}
}

/**
 * Builds the firmware for a board; takes minutes the first time. Never uses mcconfig's other targets, which kill every
 * debugger and simulator on the machine.
 * @throws UserError when the SDK, ESP-IDF or TypeScript is missing, or something does not compile
 */
export async function buildFirmware({
	board,
	debug = false,
	publicKey,
	output,
	onLine,
}: BuildOptions): Promise<BuiltFirmware> {
	const { moddable, tools } = findModdable();
	if (board !== "lin") needIDF(board);
	const path = [findTsc(), tools, process.env.PATH].join(delimiter);
	const { manifest, suffix } =
		publicKey === undefined
			? { manifest: projectPath(`manifests/${board}`), suffix: "" }
			: await keyed(board, publicKey);
	const to = output ?? projectPath(`build/firmware${suffix}`);
	mkdirSync(to, { recursive: true });

	const progress = new Progress(`building the firmware for ${board}`, 0, "steps");
	let steps = 0;
	const hear = (line: string) => {
		if (line.startsWith("# ")) progress.update(++steps);
		onLine?.(line);
	};
	const { code, stdout, stderr } = await run(
		"env",
		[
			`PATH=${path}`,
			`MODDABLE=${moddable}`,
			join(tools, "mcconfig"),
			...(debug ? ["-d"] : []),
			...["-m", "-p", BOARDS[board], "-t", "build", "-o", to],
		],
		{ cwd: manifest, onLine: hear },
	);
	progress.done();
	const lines = `${stdout}\n${stderr}`.split("\n");
	const folder = join(to, "bin", imagePath(board), debug ? "debug" : "release", board);
	// mcconfig's makefile continues after a failed IDF build: check for an image.
	const image = join(folder, board === "lin" ? "mc.so" : "xs_esp32.bin");
	if (code !== 0 || !existsSync(image)) {
		const errors = lines.filter((line) => /error|\*\*\*|failure|No such file/i.test(line));
		throw new UserError(
			`mcconfig could not build for ${board}:\n${errors.slice(0, 10).join("\n") || lines.slice(-10).join("\n")}`,
		);
	}
	if (board === "lin") await buildRunner(moddable, folder);
	return { folder, files: readdirSync(folder), warnings: ownWarnings(lines) };
}

/** The folder of a manifest that adds a public key and Ed25519 in C to a board's. */
export async function keyed(
	board: Board,
	publicKey: Uint8Array,
): Promise<{ manifest: string; suffix: string }> {
	const { id, folder, sources } = await signedSources(publicKey);
	const path = join(folder, board);
	mkdirSync(path, { recursive: true });
	const modules = {
		"*": [join(folder, "essm-public-key"), ...ED25519_NAMES.map((name) => join(sources, name))],
	};
	const include = [projectPath(`manifests/${board}/manifest.json`)];
	writeFileSync(join(path, "manifest.json"), `${JSON.stringify({ include, modules }, null, "\t")}\n`);
	return { manifest: path, suffix: `-${id}` };
}

/** mcconfig's folder for a platform; a platform without a variant uses its own name. */
function imagePath(board: Board): string {
	if (board === "lin") return "lin/mc";
	return board === "esp32" ? "esp32" : BOARDS[board];
}

/** Compiler warnings in our files, and the linker's about objects that preloading leaves mutable. */
function ownWarnings(lines: string[]): string[] {
	return lines.filter(
		(line) =>
			/^### warning: (src|firmware|edge-ssm)\//.test(line) ||
			(line.includes(projectPath("firmware")) && line.includes("warning:")),
	);
}

/** Builds the program that runs mc.so without a window, edge-ssm-lin: firmware/targets/lin/run.c. */
export async function buildRunner(moddable: string, folder: string): Promise<void> {
	const flags = await run("pkg-config", ["--cflags", "--libs", "gio-2.0"]);
	if (flags.code !== 0)
		throw new UserError("GLib is not installed: install it (Debian: apt install libglib2.0-dev pkg-config).");
	const { code, stderr } = await run("cc", [
		...["-O2", "-Wall", "-Wextra", projectPath("firmware/targets/lin/run.c")],
		...["-o", join(folder, "edge-ssm-lin"), "-I", join(moddable, "build/simulators/modules")],
		...flags.stdout.trim().split(/\s+/),
		"-ldl",
	]);
	if (code !== 0) throw new UserError(`firmware/targets/lin/run.c does not compile: ${stderr.trim()}`);
}
