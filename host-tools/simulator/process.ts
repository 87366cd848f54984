// Runs a program to its end and keeps what it says; and one process at a time in a folder that several might build in.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

export interface Finished {
	/** undefined when the program could not be started because it is not installed */
	code: number | undefined;
	stdout: string;
	stderr: string;
}

/** Runs a program without a shell. `onLine` hears every line of its stdout as it comes. */
export function run(
	program: string,
	args: readonly string[],
	{ cwd, onLine }: { cwd?: string; onLine?: (line: string) => void } = {},
): Promise<Finished> {
	// a make above us must not pass its flags to a make below
	const { MAKEFLAGS: _flags, MAKELEVEL: _level, ...env } = process.env;
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
		let stdout = "";
		let stderr = "";
		let line = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			stdout += text;
			const lines = (line + text).split("\n");
			line = lines.pop() ?? "";
			if (onLine) for (const l of lines) onLine(l);
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr += text;
		});
		child.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT") resolve({ code: undefined, stdout, stderr });
			else reject(error);
		});
		child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
	});
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

/** Two seconds of waiting for another process, which are nothing to speak of. */
const QUIET_WAITS = 40;

/**
 * Does `work` while no other process of ours works under the same lock; waits for the one that does, and says so.
 * @param what the work in words, such as "building XS"
 */
export async function exclusively<T>(lock: string, what: string, work: () => Promise<T>): Promise<T> {
	const owner = join(lock, "pid");
	mkdirSync(dirname(lock), { recursive: true });
	let waited = 0;
	for (let unowned = 0; ; await setTimeout(50)) {
		try {
			mkdirSync(lock);
			break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		// left behind by a process that died? one that has just made it may not have written its number yet
		let pid = 0;
		try {
			pid = Number(readFileSync(owner, "utf8"));
		} catch {
			unowned++;
		}
		if (pid ? !isRunning(pid) : unowned > 20) rmSync(lock, { recursive: true, force: true });
		else if (pid && ++waited === QUIET_WAITS)
			process.stderr.write(`waiting for process ${pid}, which is ${what}\n`);
	}
	try {
		writeFileSync(owner, String(process.pid));
		return await work();
	} finally {
		rmSync(lock, { recursive: true, force: true });
	}
}
