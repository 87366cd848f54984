// The firmware on XS on this machine, in one call: built when needed, bundled, started.

import { projectPath } from "../files/project";
import { buildHost } from "./build";
import { bundleApp } from "./bundle";
import { Simulator } from "./simulator";
import { type HostOptions, hostCommand } from "./target";

export interface StartOptions extends Omit<HostOptions, "app"> {
	/** Path of a bundled application; default: the firmware that ships, firmware/app/main.ts. */
	app?: string;
	/** The program with sanitizers; some four times slower. */
	sanitized?: boolean;
	onLog?: (line: string) => void;
}

/** Builds (some 10 s the first time) and powers on the desktop device. */
export async function startHost({
	app,
	sanitized = false,
	onLog,
	...options
}: StartOptions): Promise<Simulator> {
	const program = await buildHost({ sanitized });
	const bundle = app ?? (await bundleApp(projectPath("firmware/app/main.ts")));
	return new Simulator(hostCommand(program, { ...options, app: bundle }), onLog);
}
