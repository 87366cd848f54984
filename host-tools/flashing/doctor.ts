// What each purpose needs on this machine, whether it is there, and how to get it. Read-only: installs and changes nothing. A
// missing tool is not an error: only the purposes that need it are unavailable.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../simulator/process";
import { missingRv32Tools } from "../simulator/rv32-qemu";
import { listPorts } from "./ports";

export interface Finding {
	/** The tool. */
	what: string;
	/** Its purpose. */
	purpose: string;
	found: boolean;
	/** Its version or path; may be empty. */
	detail: string;
	/** How to get it; empty when present. */
	remedy: string;
}

interface Program {
	what: string;
	purpose: string;
	command: string;
	/** Arguments that print its version; absent: only looked up on PATH, as for mcconfig, which would start to build. */
	args?: string[];
	remedy: string;
}

const SDK_REMEDY = "npm install -g xs-dev, then xs-dev setup";
const PROGRAMS: readonly Program[] = [
	{
		what: "C compiler (cc)",
		purpose: "simulator, training",
		command: "cc",
		args: ["--version"],
		remedy: "Debian: apt install build-essential; macOS: xcode-select --install",
	},
	{
		what: "make",
		purpose: "simulator, training",
		command: "make",
		args: ["--version"],
		remedy: "Debian: apt install build-essential; macOS: xcode-select --install",
	},
	{
		what: "TypeScript (tsc)",
		purpose: "building firmware",
		command: "tsc",
		args: ["--version"],
		remedy: "npm install -g typescript",
	},
	{
		what: "xs-dev",
		purpose: "installing the Moddable SDK",
		command: "xs-dev",
		args: ["--version"],
		remedy: "npm install -g xs-dev",
	},
	{
		what: "mcconfig",
		purpose: "building firmware",
		command: "mcconfig",
		remedy: `${SDK_REMEDY}; then source ~/.local/share/xs-dev-export.sh`,
	},
	{
		what: "idf.py (ESP-IDF)",
		purpose: "building firmware",
		command: "idf.py",
		args: ["--version"],
		remedy: "xs-dev setup --device esp32; then source $IDF_PATH/export.sh",
	},
];

const NODE_LEAST = 20;
const JOIN_GROUP = "sudo usermod -aG dialout $USER, then log in again";

/** Checks everything. Takes about a second. */
export async function diagnose(): Promise<Finding[]> {
	const programs = await Promise.all(PROGRAMS.map(findProgram));
	return [
		{
			what: "Node",
			purpose: "everything",
			detail: process.version,
			...verdict(Number.parseInt(process.versions.node, 10) >= NODE_LEAST, "install Node 20.19 or later"),
		},
		...programs,
		folder("MODDABLE", "building firmware", SDK_REMEDY, "modules"),
		folder("IDF_PATH", "building firmware", "xs-dev setup --device esp32", "tools/idf.py"),
		await rv32(),
		...(await serialPorts()),
	];
}

function verdict(found: boolean, remedy: string): Pick<Finding, "found" | "remedy"> {
	return { found, remedy: found ? "" : remedy };
}

async function findProgram({ what, purpose, command, args, remedy }: Program): Promise<Finding> {
	const path = (process.env.PATH ?? "")
		.split(delimiter)
		.map((folder) => join(folder, command))
		.find((file) => existsSync(file) || existsSync(`${file}.exe`));
	let detail = path ?? "";
	if (path !== undefined && args !== undefined) {
		const { stdout } = await run(command, args);
		detail = stdout.trim().split("\n")[0] || path;
	}
	return { what, purpose, detail, ...verdict(path !== undefined, remedy) };
}

function folder(variable: string, purpose: string, remedy: string, inside: string): Finding {
	const path = process.env[variable] ?? "";
	const found = path !== "" && existsSync(join(path, inside));
	const detail = path !== "" && !found ? `${path}, which does not hold it` : path;
	return { what: `$${variable}`, purpose, detail, ...verdict(found, remedy) };
}

async function rv32(): Promise<Finding> {
	const missing = await missingRv32Tools();
	return {
		what: "QEMU and RISC-V toolchain",
		purpose: "the rv32 target",
		detail: missing ? `missing: ${missing}` : "",
		...verdict(
			missing === undefined,
			"Debian: apt install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc",
		),
	};
}

async function serialPorts(): Promise<Finding[]> {
	const purpose = "boards";
	const ports = await listPorts();
	const rights = process.platform === "linux" ? [await portGroup()] : [];
	if (ports.length === 0)
		return [
			...rights,
			{
				what: "serial port",
				purpose,
				detail: "",
				...verdict(false, "connect a board with a cable that carries data"),
			},
		];
	const found = ports.map(({ path, name }) => ({
		what: path,
		purpose,
		detail: name,
		...verdict(mayUse(path), JOIN_GROUP),
	}));
	return [...rights, ...found];
}

/** Serial ports belong to the group dialout (Debian) or uucp (Arch). */
async function portGroup(): Promise<Finding> {
	const { stdout } = await run("id", ["-nG"]);
	const member = stdout
		.trim()
		.split(/\s+/)
		.find((group) => ["dialout", "uucp", "root"].includes(group));
	return {
		what: "right to use ports",
		purpose: "boards",
		detail: member ? `group ${member}` : "",
		...verdict(member !== undefined, JOIN_GROUP),
	};
}

function mayUse(path: string): boolean {
	if (process.platform === "win32") return true;
	try {
		accessSync(path, constants.R_OK | constants.W_OK);
		return true;
	} catch {
		return false;
	}
}
