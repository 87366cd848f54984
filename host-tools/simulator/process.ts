// Runs a program and captures its output; and locks a folder that several processes may build in.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { say } from "../terminal/output";

export interface Finished {
	/** undefined when the program could not be started because it is not installed */
	code: number | undefined;
	stdout: string;
	stderr: string;
}

/** Runs a program without a shell. `onLine` receives each line of its stdout as it comes. */
export function run(
	program: string,
	args: readonly string[],
	{ cwd, onLine }: { cwd?: string; onLine?: (line: string) => void } = {},
): Promise<Finished> {
	// a parent make must not pass its flags to a child make
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

function ownerOf(lock: string): number | undefined {
	try {
		return Number(readFileSync(join(lock, "pid"), "utf8"));
	} catch {
		return undefined;
	}
}

/** Removes a lock in one step: were its files removed in place, another process could take it meanwhile, and lose it. */
function release(lock: string, aside: string): void {
	try {
		renameSync(lock, aside);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // another process was faster
		throw error;
	}
	rmSync(aside, { recursive: true, force: true });
}

/** Wait two seconds for another process before reporting it. */
const QUIET_WAITS = 40;

/**
 * Runs `work` while no other process holds the same lock; waits for the one that does, and reports it.
 * @param what the work in words, such as "building XS"
 */
export async function exclusively<T>(lock: string, what: string, work: () => Promise<T>): Promise<T> {
	mkdirSync(dirname(lock), { recursive: true });
	// rename the lock into place with its owner's pid inside: a non-empty folder is never renamed over
	const own = mkdtempSync(`${lock}-`);
	writeFileSync(join(own, "pid"), String(process.pid));
	for (let waited = 0; ; await setTimeout(50)) {
		try {
			renameSync(own, lock);
			break;
		} catch (error) {
			if (!["EEXIST", "ENOTEMPTY", "EPERM"].includes((error as NodeJS.ErrnoException).code!)) throw error;
		}
		const pid = ownerOf(lock);
		if (pid === undefined) continue; // just released
		if (!isRunning(pid)) release(lock, `${own}-dead`);
		else if (++waited === QUIET_WAITS) say(`waiting for process ${pid}, which is ${what}`);
	}
	try {
		return await work();
	} finally {
		release(lock, own);
	}
}
