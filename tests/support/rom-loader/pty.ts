// Puts an emulated chip behind a pseudo-terminal, which programs open as they open a serial port. It has no modem lines and
// no baud rate: the chip stands in its ROM loader by itself.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { projectPath } from "../../../host-tools/files/project";

export interface Terminal {
	/** Hears what a program writes to the port. */
	receive: (bytes: Uint8Array) => void;
	send: (bytes: Uint8Array) => void;
}

/** Opens a port for the running test. `vanish` pulls the cable; `deafen` makes it take no more bytes than its buffer holds. */
export async function openTerminal(
	chip: Terminal,
): Promise<{ path: string; vanish: () => void; deafen: () => void }> {
	const folder = projectPath("build/tests");
	const program = `${folder}/pty-${process.pid}`;
	mkdirSync(folder, { recursive: true });
	execFileSync("cc", ["-O1", "-Wall", "-o", program, projectPath("tests/support/rom-loader/pty.c")]);
	const child = spawn(program, { stdio: ["pipe", "pipe", "pipe"] });
	onTestFinished(() => {
		child.kill("SIGKILL");
	});
	child.stdin.on("error", () => {}); // when it was killed
	chip.send = (bytes) => child.stdin.write(bytes);
	child.stdout.on("data", (bytes: Buffer) => chip.receive(new Uint8Array(bytes)));
	const [path] = (await once(createInterface({ input: child.stderr }), "line")) as [string];
	return { path, vanish: () => child.kill("SIGKILL"), deafen: () => child.kill("SIGUSR1") };
}
