// Runs the command line as a person does: built by the project's own bundler into a folder of its own, in a child process.
import { execFile, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";
import { projectPath } from "../../host-tools/files/project";

export interface Ended {
	code: number;
	stdout: string;
	stderr: string;
}

/** Bundles the command line; `remove` takes it away again. */
export async function buildCli(): Promise<{ file: string; remove: () => void }> {
	const folder = projectPath(`build/test-cli-${process.pid}`);
	await promisify(execFile)(projectPath("node_modules/.bin/rollup"), ["-c", "--silent", "--dir", folder], {
		cwd: projectPath("."),
	});
	return { file: `${folder}/cli.js`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs it with neither terminal nor input. @param where folder to run in, and variables to set */
export function runCli(
	file: string,
	args: readonly string[],
	where: string | { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
	const { cwd, env } = typeof where === "string" ? { cwd: where } : where;
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [file, ...args], {
			cwd,
			env: { ...process.env, ...env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		const ended: Ended = { code: -1, stdout: "", stderr: "" };
		child.stdout.setEncoding("utf8").on("data", (text) => (ended.stdout += text));
		child.stderr.setEncoding("utf8").on("data", (text) => (ended.stderr += text));
		child.on("error", reject);
		child.on("close", (code) => resolve({ ...ended, code: code ?? -1 }));
	});
}
