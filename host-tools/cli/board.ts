// edge-ssm board: a simulated board on a pseudo-terminal, for every command that takes --port.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import {
	buildFirmware,
	loadBlob,
	SIMULATED,
	type SimulatedTarget,
	withDevice,
	withFlash,
} from "../evaluation/device";
import { readBlobFile } from "../evaluation/model-file";
import { UserError } from "../terminal/errors";
import { print, say } from "../terminal/output";

interface Options {
	port: string;
	flash?: string;
	target: SimulatedTarget;
}

export function boardCommand(): Command {
	return new Command("board")
		.description(
			"Runs the firmware on XS on this machine and puts its serial port at a name that commands and programs open like a board's. On host it has a sensor, which plays the golden vectors of the model. Ends with Ctrl-C.",
		)
		.argument("[model]", "blob (.essm) to load first; default: what the flash holds")
		.option("--port <path>", "name of the port", join(tmpdir(), "edge-ssm-board"))
		.option("--flash <file>", "keep the flash in this file; default: it starts erased and is lost at the end")
		.addOption(
			new Option(
				"--target <name>",
				"host: a program of this machine; rv32: bare metal on an emulated RV32IMC, without a sensor",
			)
				.choices(SIMULATED)
				.default("host"),
		)
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm board motion.essm\n  edge-ssm monitor --port /tmp/edge-ssm-board      (in another terminal)",
		)
		.action(run);
}

async function run(path: string | undefined, options: Options): Promise<void> {
	if (process.platform === "win32")
		throw new UserError("Windows has no pseudo-terminals: use WSL, or edge-ssm simulate.");
	const model = path === undefined ? undefined : readBlobFile(path);
	const power = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => power.abort());
	const work = (flashFile: string) => runWith({ ...options, flash: flashFile }, model?.bytes, power.signal);
	await (options.flash === undefined ? withFlash(work) : work(options.flash));
}

async function runWith(
	{ port, flash, target }: Required<Options>,
	model: Uint8Array | undefined,
	signal: AbortSignal,
): Promise<void> {
	const { runBoard } = await import("../simulator/board");
	if (model !== undefined)
		await withDevice(await buildFirmware(target), flash, (device) => loadBlob(device, model));
	await runBoard({
		target,
		port,
		flashFile: flash,
		signal,
		onLog: (line) => say(`log: ${line}`),
		onReady: () => {
			print(`simulated board (${target}) on ${port}; Ctrl-C ends it`);
			for (const command of ["flash MODEL.essm", "monitor", "measure"])
				print(`  edge-ssm ${command} --port ${port}`);
		},
		onRestart: (reason) => say(`${reason}: the board starts again`),
	});
}
