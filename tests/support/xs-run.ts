// Runs small scripts on XS for tests: each is a module whose default export is called, in a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Exit, Simulator } from "../../host-tools/simulator/simulator";
import { type HostOptions, hostCommand } from "../../host-tools/simulator/target";

/** A folder of the running test's own. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "edge-ssm-xs-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

export interface Run extends Exit {
	/** Lines of the log, the function names that the debug variant puts before messages removed. */
	log: string[];
	/** Bytes that came out of the serial port. */
	output: Buffer;
}

/** What every script may use without importing it: log, and attempt(f), the error that f throws or "ok". */
const prelude = `
import { log } from "edge-ssm/memory";
const attempt = (f) => { try { f(); return "ok"; } catch (e) { return String(e); } };
const show = (f) => log(attempt(f));
`;

/** Starts a script; `input` stays open. */
export function startScript(
	program: string,
	source: string,
	options: Omit<HostOptions, "app"> = {},
): Simulator {
	const app = join(temporaryFolder(), "main.js");
	writeFileSync(app, prelude + source);
	return new Simulator(hostCommand(program, { ...options, app }));
}

/** Runs a script to its end with `input` as all that comes in at the serial port. */
export async function runScript(
	program: string,
	source: string,
	options: Omit<HostOptions, "app"> & { input?: Uint8Array } = {},
): Promise<Run> {
	const { input = new Uint8Array(0), ...rest } = options;
	const simulator = startScript(program, source, rest);
	const output: Buffer[] = [];
	simulator.output.on("data", (bytes: Buffer) => output.push(bytes));
	simulator.input.end(input);
	const [exit] = await Promise.all([
		simulator.exited,
		new Promise((resolve) => simulator.output.on("end", resolve)),
	]);
	const log = simulator.log.map((line) => line.replace(/: [@\w$.-]+: /, ": "));
	return { ...exit, log, output: Buffer.concat(output) };
}

/** Both variants of the program, for describe.each. */
export const variants = [
	["release", false],
	["with sanitizers", true],
] as const;
