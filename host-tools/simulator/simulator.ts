// A device that is a process: its serial port is a pair of byte streams, its log is lines, its exit has a reason. The command
// (target.ts) decides which target it is.
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
	81: "watchdog reset",
	80: "trap", // rv32: an access outside memory, an unknown instruction
	90: "power lost",
};

/** How a device exited. */
export interface Exit {
	/** Exit code; undefined when it was killed or crashed. */
	code: number | undefined;
	/** In words: "ended", "unhandled exception", "power lost", "killed" ... */
	reason: string;
}

export class Simulator {
	/** Bytes to the device. Ending it lets the device finish its work and exit. */
	readonly input: Writable;
	/** Bytes from the device. */
	readonly output: Readable;
	/** Resolves when the device has exited and its log is complete. */
	readonly exited: Promise<Exit>;
	/** The log so far, line by line. */
	readonly log: string[] = [];
	readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;

	/**
	 * Powers the device on.
	 * @param command from target.ts
	 * @param onLog receives each line of the log as it comes
	 */
	constructor(command: Command, onLog?: (line: string) => void) {
		const child = spawn(command.program, command.args, { stdio: ["pipe", "pipe", "pipe"] });
		this.#process = child;
		this.input = child.stdin;
		this.output = child.stdout;
		// a device that has exited takes no more input; `exited` tells why
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
		this.exited.catch(() => {}); // reported to whoever awaits it
	}

	/** Cuts the power, whatever the device is doing. */
	kill(): Promise<Exit> {
		this.#process.kill("SIGKILL");
		return this.exited;
	}

	/** Ends the input and waits for the device to exit; cuts its power after `milliseconds`. */
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
