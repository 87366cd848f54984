// How the firmware starts on a target: a command whose stdin and stdout are the device's serial port and whose stderr is its
// log. Simulator runs such commands and knows nothing else about a target.
import { nativeModules } from "./modules";

/** A partition of the simulated flash: offset and length in bytes, multiples of 4096. */
export interface Partition {
	name: string;
	offset: number;
	length: number;
}

/** The model slots at the end of a 4 MB flash. */
export const defaultPartitions: readonly Partition[] = [
	{ name: "model_a", offset: 0x3e0000, length: 0x10000 },
	{ name: "model_b", offset: 0x3f0000, length: 0x10000 },
];

export interface Command {
	program: string;
	args: string[];
}

/** Cause of the last reset, as a chip reports it; absent: power was lost. */
export type ResetCause = "crash" | "watchdog reset";

export interface HostOptions {
	/** Path of the module from bundleApp (or any module that imports only native modules). */
	app: string;
	/** Path of the flash file, 4 MB; created if it does not exist. Default: no flash. */
	flashFile?: string;
	partitions?: readonly Partition[];
	/** Cut the power after this many bytes written to or erased from flash. */
	powerCut?: number;
	/** How the previous run ended, for firmware that counts crashes. */
	resetCause?: ResetCause;
	/** Milliseconds of computing without a return to the event loop after which the watchdog fires. Default: none. */
	watchdog?: number;
	/** Overrides of XS's creation parameters in creation.h: heap, stack, chunk, keys ... */
	creation?: Readonly<Record<string, number>>;
	/** Maximum bytes of slots, chunks and stack together; 0: no limit. Default as in creation.h. */
	memoryLimit?: number;
	/** "stdio" (default), "unix:PATH" or "pty:PATH" */
	serial?: string;
	/** Log XS's memory at exit. */
	statistics?: boolean;
	/** Further modules: specifier to path. */
	modules?: Readonly<Record<string, string>>;
}

/** The command that runs an application on XS on this machine. @param program what buildHost returned */
export function hostCommand(program: string, options: HostOptions): Command {
	const { flashFile, powerCut, memoryLimit, serial } = options;
	const modules = { ...nativeModules, ...options.modules, main: options.app };
	const args = Object.entries(modules).flatMap(([name, path]) => ["--module", `${name}=${path}`]);
	if (flashFile !== undefined) args.push("--flash", flashFile);
	for (const { name, offset, length } of options.partitions ?? defaultPartitions)
		args.push("--partition", `${name}=${offset},${length}`);
	if (powerCut !== undefined) args.push("--power-cut", String(powerCut));
	if (options.resetCause !== undefined) args.push("--reset-cause", options.resetCause);
	if (options.watchdog !== undefined) args.push("--watchdog", String(options.watchdog));
	for (const [name, value] of Object.entries(options.creation ?? {})) args.push("--set", `${name}=${value}`);
	if (memoryLimit !== undefined) args.push("--memory-limit", String(memoryLimit));
	if (serial !== undefined) args.push("--serial", serial);
	if (options.statistics) args.push("--statistics");
	return { program, args };
}
