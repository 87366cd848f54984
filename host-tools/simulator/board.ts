// The simulated board: a device whose serial port is a pseudo-terminal under a name of the user's choice, so that commands and
// programs open it like a board on a cable. A crash or watchdog reset starts the device again, as on a chip.
import { existsSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { checkWritable } from "../files/write";
import { UserError } from "../terminal/errors";
import { pause, within } from "../time/limit";
import { applicationFor } from "./application";
import { buildHost } from "./build";
import { Simulator } from "./simulator";
import { type Command, hostCommand, type ResetCause } from "./target";

export interface BoardOptions {
	/** host: a program of this machine, with a sensor that plays golden vectors; rv32: emulated, without a sensor. */
	target: "host" | "rv32";
	/** Name of the port: becomes a symbolic link to the pseudo-terminal. */
	port: string;
	/** The flash; created erased if it does not exist. */
	flashFile: string;
	onLog(line: string): void;
	/** Called whenever the port can be opened. */
	onReady(): void;
	/** Called when the device crashed and starts again. */
	onRestart(reason: string): void;
	/** Cuts the power. */
	signal: AbortSignal;
}

/** How a target starts, and what puts its pseudo-terminal under the name. */
interface Starter {
	command(resetCause?: ResetCause): Command;
	link(device: Simulator): Promise<void>;
}

/** Restarts after which a board is taken for broken. */
const MOST_RESTARTS = 10;
const LINK_MILLISECONDS = 20_000;
/** As on boards of the ESP32 family: 640 slots, and 160 of the built-ins. A sensor takes more than the default. */
const STACK_SLOTS = 800;

/** Builds the firmware unless up to date, and runs the board until `signal`. @throws UserError when it does not run */
export async function runBoard(options: BoardOptions): Promise<void> {
	const { port, onLog, onReady, onRestart, signal } = options;
	checkPort(port);
	const { command, link } = await (options.target === "rv32" ? rv32Starter(options) : hostStarter(options));
	let cause: ResetCause | undefined;
	for (let restarts = 0; !signal.aborted; restarts++) {
		const device = new Simulator(command(cause), onLog);
		const cut = () => void device.kill();
		signal.addEventListener("abort", cut);
		try {
			const linked = within(LINK_MILLISECONDS, link(device), () => {
				throw new UserError(`The simulated board gave ${port} no pseudo-terminal.`);
			});
			if (await Promise.race([linked.then(() => true), device.exited.then(() => false)])) onReady();
			const { reason } = await device.exited;
			if (signal.aborted) return;
			if (restarts === MOST_RESTARTS)
				throw new UserError(
					`The board crashed ${restarts + 1} times (${reason}): ${device.log.slice(-3).join(" / ")}`,
				);
			onRestart(reason);
			cause = reason === "watchdog reset" ? reason : "crash";
		} finally {
			signal.removeEventListener("abort", cut);
			await device.kill();
			rmSync(port, { force: true });
		}
	}
}

/** @throws UserError when something else has this name */
function checkPort(port: string): void {
	checkWritable(port);
	const stats = lstatSync(port, { throwIfNoEntry: false });
	if (stats === undefined || (stats.isSymbolicLink() && !existsSync(port))) return; // free, or left by a killed board
	throw new UserError(
		`${port} exists, perhaps as the port of another board; give another name with --port, or delete it.`,
	);
}

async function hostStarter({ port, flashFile }: BoardOptions): Promise<Starter> {
	const program = await buildHost();
	const app = await applicationFor("board");
	return {
		command: (resetCause) =>
			hostCommand(program, {
				app,
				flashFile,
				serial: `pty:${port}`,
				creation: { stack: STACK_SLOTS },
				...(resetCause === undefined ? {} : { resetCause }),
			}),
		link: async () => {
			while (!existsSync(port)) await pause(20);
		},
	};
}

async function rv32Starter({ port, flashFile }: BoardOptions): Promise<Starter> {
	const { buildRv32, rv32Command } = await import("./rv32");
	const program = await buildRv32();
	return {
		command: (resetCause) =>
			rv32Command(program, {
				flashFile,
				serial: "pty",
				...(resetCause === undefined ? {} : { resetCause }),
			}),
		link: async ({ output }) => {
			for await (const line of createInterface({ input: output })) {
				const [terminal] = /\/dev\/\S+/.exec(line) ?? [];
				if (terminal === undefined) continue;
				rmSync(port, { force: true });
				symlinkSync(terminal, port);
				return;
			}
		},
	};
}
