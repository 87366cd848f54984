// Ways to a device's bytes, each as a Node Duplex for DeviceClient. Here: a program that speaks the link on its standard
// input and output, such as the firmware on XS on this machine.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";
import { UserError } from "../cli/errors";

export interface ProcessTransport {
	stream: Duplex;
	child: ChildProcess;
	/** Ends the program and resolves with its exit code, or null when a signal ended it. */
	close(): Promise<number | null>;
}

/**
 * Starts a program and gives its standard input and output as one stream; each line of its standard error goes to `onLog`.
 * @param environment added to that of this process
 */
export function openProcess(
	command: string,
	args: readonly string[],
	onLog: (line: string) => void,
	environment: Record<string, string> = {},
): ProcessTransport {
	const child = spawn(command, args, {
		stdio: ["pipe", "pipe", "pipe"],
		env: { ...process.env, ...environment },
	});
	createInterface({ input: child.stderr }).on("line", onLog);
	const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
	const ended = new Promise<number | null>((resolve) => {
		child.once("close", (code) => resolve(code));
		child.once("error", (error) => {
			stream.destroy(
				new UserError(`${command} does not start (${error.message}); check that it is there and may be run.`),
			);
			resolve(null);
		});
	});
	return {
		stream,
		child,
		close: () => {
			stream.destroy();
			child.kill();
			return ended;
		},
	};
}
