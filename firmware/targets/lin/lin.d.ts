// lin: connects the application to the simulator's event loop.

declare module "lin" {
	/** Opens the simulated hardware's files and serves the serial port from now on. Call once, before main. */
	export default function start(): void;
	/** ESSM_RESET_CAUSE of the environment: how the run before ended. */
	export function resetCause(): "crash" | "watchdog reset" | undefined;
}
