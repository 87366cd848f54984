// Runs the firmware on XS on this machine: builds if needed, bundles, starts.

import { applicationFor } from "./application";
import { buildHost } from "./build";
import { Simulator } from "./simulator";
import { type HostOptions, hostCommand } from "./target";

export interface StartOptions extends Omit<HostOptions, "app"> {
	/** Path of a bundled application; default: the shipped firmware, firmware/app/main.ts. */
	app?: string;
	/** Use the program with sanitizers; about four times slower. */
	sanitized?: boolean;
	onLog?: (line: string) => void;
}

/** Builds (about 10 s the first time) and powers on the desktop device. */
export async function startHost({
	app,
	sanitized = false,
	onLog,
	...options
}: StartOptions): Promise<Simulator> {
	const program = await buildHost({ sanitized });
	const bundle = app ?? (await applicationFor("host"));
	return new Simulator(hostCommand(program, { ...options, app: bundle }), onLog);
}
