// The firmware on bare RV32IMC under QEMU: XS with built-ins and code in ROM, 320 KB of RAM, NOR flash in a file, the UART
// as stdin and stdout, the log as stderr. Simulator runs it like the desktop device; this file builds it.
import { closeSync, existsSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { projectPath } from "../files/project";
import { UserError } from "../terminal/errors";
import { Progress } from "../terminal/progress";
import { applicationFor } from "./application";
import { exclusively, run } from "./process";
import { COUNTED, MACHINE, QEMU, requireRv32Tools } from "./rv32-qemu";
import { signedBuild } from "./signed-build";
import type { Command, Partition, ResetCause } from "./target";
import { fetchXS } from "./xs-sources";

/** The model slots at the start of the flash: each a header sector and a sector for the blob (firmware/targets/rv32/nor.c). */
export const rv32Partitions: readonly Partition[] = [
	{ name: "model_a", offset: 0, length: 0x80000 },
	{ name: "model_b", offset: 0x80000, length: 0x80000 },
];

/** QEMU requires the full bank; all but the slots is a hole in the file. */
const FLASH_BYTES = 32 * 1024 * 1024;
const SLOTS_BYTES = 0x100000;

export interface Rv32Options {
	/** Path of the flash file; created erased if it does not exist. */
	flashFile: string;
	/** "stdio" (default), or any value of QEMU's -serial, such as "pty" or "unix:PATH,server=on,wait=on". */
	serial?: string;
	/** How the previous run ended, for firmware that counts crashes. */
	resetCause?: ResetCause;
	/** Instructions without a return to the event loop after which the watchdog fires. Default: none. */
	watchdog?: number;
}

/** Chips that the same program is linked for: folders of firmware/targets. */
export type Chip = "esp32c3";

/**
 * Builds the rv32 target, or finds it up to date, and returns the path of the program. The first build takes half a minute.
 * @param options.entry the application; default: the shipped one
 * @param options.name of the program; each application needs its own
 * @param options.publicKey 32 bytes: firmware that runs models signed by this key only
 * @param options.chip for this chip instead of QEMU; what is returned is then the image of its flash
 * @throws UserError when a tool or the network is missing, or something does not compile
 */
export async function buildRv32({
	entry,
	chip,
	name = chip ?? "edge-ssm",
	publicKey,
}: {
	entry?: string;
	chip?: Chip;
	name?: string;
	publicKey?: Uint8Array;
} = {}): Promise<string> {
	await requireRv32Tools();
	return exclusively(projectPath("build/rv32.lock"), "building XS for rv32", async () => {
		const xs = await fetchXS();
		const app = entry ? await bundled(entry, name) : await applicationFor(chip ?? "rv32");
		const signed = await signedBuild(publicKey);
		const program = `build/rv32/${name}${signed.suffix}.${chip === undefined ? "elf" : "bin"}`;
		const path = projectPath(program);
		const folder = projectPath("firmware/targets/rv32");
		const args = [
			"--no-print-directory",
			"-C",
			folder,
			`XS=${xs}`,
			`APP=${app}`,
			`NAME=${name}${signed.suffix}`,
		];
		args.push(...signed.args, ...(chip === undefined ? [] : [`CHIP=../${chip}`]), `../../../${program}`);
		const plan = await run("make", [...args, "-n"]);
		const files = plan.stdout.match(/^echo "(CC|LD|LINK)/gm)?.length ?? 0;
		if (plan.code === 0 && files === 0 && existsSync(path)) return path;

		const progress = new Progress("building XS for rv32", files, "files");
		let done = 0;
		const onLine = (line: string) => {
			if (/^(CC|LD|LINK) /.test(line)) progress.update(++done);
		};
		const { code, stderr } = await run("make", [...args, "-j2"], { onLine });
		progress.done();
		if (code !== 0) {
			const errors = stderr
				.split("\n")
				.filter((line) => /error|\*\*\*|undefined reference|^linker:/.test(line));
			throw new UserError(
				`The rv32 target does not compile: ${errors.slice(0, 5).join("\n") || stderr.trim()}`,
			);
		}
		return path;
	});
}

async function bundled(entry: string, name: string): Promise<string> {
	const { bundleApp } = await import("./bundle");
	return bundleApp(entry, projectPath(`build/rv32/${name}.js`));
}

/** Creates an erased flash file, or checks the existing one. */
function prepareFlash(file: string): void {
	if (existsSync(file)) {
		if (statSync(file).size !== FLASH_BYTES)
			throw new UserError(
				`${file} is not a flash of rv32: it has ${statSync(file).size} bytes, not ${FLASH_BYTES}.`,
			);
		return;
	}
	const temporary = `${file}.${process.pid}.tmp`;
	const flash = openSync(temporary, "w");
	writeSync(flash, Buffer.alloc(SLOTS_BYTES, 0xff));
	ftruncateSync(flash, FLASH_BYTES);
	closeSync(flash);
	renameSync(temporary, file);
}

/** The command that runs the program. @param program what buildRv32 returned */
export function rv32Command(
	program: string,
	{ flashFile, serial = "stdio", resetCause, watchdog }: Rv32Options,
): Command {
	prepareFlash(flashFile);
	// with a flash in this unit QEMU starts the program given as firmware
	const flash = `if=pflash,unit=1,format=raw,file=${flashFile.replaceAll(",", ",,")}`;
	const options = [
		"enable=on,target=native",
		...(resetCause === undefined ? [] : [`arg=reset-cause=${resetCause};`]),
		...(watchdog === undefined ? [] : [`arg=watchdog=${watchdog};`]),
	];
	const log = ["-semihosting-config", options.join(",")];
	const args = [...MACHINE, ...COUNTED, ...log, "-bios", program, "-drive", flash, "-serial", serial];
	return { program: QEMU, args };
}
