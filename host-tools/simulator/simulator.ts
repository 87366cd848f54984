// A device that is a process: its serial port is a pair of byte streams, its log is lines, its end has a reason. Which
// target it is (XS on the desktop now) is the command's business: target.ts.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { UserError } from "../terminal/errors";
import { patient } from "../time/limit";
import type { Command } from "./target";

const reasons: Readonly<Record<number, string>> = {
	0: "ended",
	65: "memory full",
	66: "stack overflow",
	67: "fatal check",
	69: "unhandled exception",
	70: "not enough keys",
	72: "unhandled rejection",
	80: "trap", // rv32: an access outside all memory, an unknown instruction
	90: "power lost",
};

/** How a device ended. */
export interface Exit {
	/** Exit code; undefined when it was killed or crashed. */
	code: number | undefined;
	/** In words: "ended", "unhandled exception", "power lost", "killed" ... */
	reason: string;
}

export class Simulator {
	/** What the host sends. Ending it lets the device finish its work and end. */
	readonly input: Writable;
	/** What the device sends. */
	readonly output: Readable;
	/** Resolves when the device has ended and its log is complete. */
	readonly exited: Promise<Exit>;
	/** The log so far, line by line. */
	readonly log: string[] = [];
	readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;

	/**
	 * Powers the device on.
	 * @param command from target.ts
	 * @param onLog hears each line of the log as it comes
	 */
	constructor(command: Command, onLog?: (line: string) => void) {
		const child = spawn(command.program, command.args, { stdio: ["pipe", "pipe", "pipe"] });
		this.#process = child;
		this.input = child.stdin;
		this.output = child.stdout;
		// a device that has ended takes no more input; how it ended is told by `exited`
		child.stdin.on("error", () => {});
		const lines = createInterface({ input: child.stderr });
		lines.on("line", (line) => {
			this.log.push(line);
			onLog?.(line);
		});
		const logEnded = once(lines, "close");
		this.exited = new Promise((resolve, reject) => {
			child.on("error", (error) =>
				reject(new UserError(`${command.program} could not be started: ${error.message}`)),
			);
			child.on("exit", async (code, signal) => {
				await logEnded;
				if (code !== null) resolve({ code, reason: reasons[code] ?? `exit code ${code}` });
				else resolve({ code: undefined, reason: signal === "SIGKILL" ? "killed" : `crashed (${signal})` });
			});
		});
		this.exited.catch(() => {}); // heard by whoever awaits it
	}

	/** Takes the power away, at whatever the device is doing. */
	kill(): Promise<Exit> {
		this.#process.kill("SIGKILL");
		return this.exited;
	}

	/** Ends the input and waits for the device to end; after `milliseconds` its power is taken away. */
	async stop(milliseconds = 5000): Promise<Exit> {
		this.input.end();
		const timer = setTimeout(() => this.#process.kill("SIGKILL"), patient(milliseconds));
		try {
			return await this.exited;
		} finally {
			clearTimeout(timer);
		}
	}
}
