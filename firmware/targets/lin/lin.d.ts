// lin: connects the application with the simulator's event loop.

declare module "lin" {
	/** Opens the files that stand for hardware, and serves the serial port from now on. Once, before main. */
	export default function start(): void;
}
