// edge-ssm/memory: memory figures of the engine and the platform, a clock, and a line of log text. A figure that a target or a
// release build cannot tell is undefined.

declare module "edge-ssm/memory" {
	export interface Memory {
		/** Bytes of one XS slot: 16 on 32-bit devices, 32 on a 64-bit desktop. Slots times this are bytes. */
		slotBytes: number;
		slotsUsed: number;
		slotsPeak: number;
		slotsReserved: number;
		/**
		 * Slots in use when main's default export was called. On the desktop this includes the built-ins, the code and what
		 * modules create while loading; a device has all of that preloaded in flash. So the running application takes
		 * `slotsUsed - slotsAtStart`, at most `slotsPeak - slotsAtStart`: peaks are counted from that moment too.
		 */
		slotsAtStart: number | undefined;
		chunkBytesUsed: number;
		chunkBytesPeak: number;
		chunkBytesReserved: number;
		chunkBytesAtStart: number | undefined;
		stackSlotsUsed: number;
		stackSlotsPeak: number | undefined;
		stackSlotsTotal: number;
		/** Property keys created at run time. */
		keysUsed: number;
		/** Garbage collections since boot (modulo 65536). */
		collections: number | undefined;
		/** System heap in bytes: free now, minimum ever free, largest free block. */
		heapFree: number | undefined;
		heapFreeMinimum: number | undefined;
		heapLargestBlock: number | undefined;
		/** Bytes of native stack never used (high-water mark). */
		nativeStackFreeMinimum: number | undefined;
	}

	/** The current figures; the call itself takes about 25 slots and 72 bytes of chunks. */
	export function memory(): Memory;

	/** Collects garbage now, so that `slotsUsed` and `chunkBytesUsed` count only live data. */
	export function collectGarbage(): void;

	/** Monotonic clock in microseconds; only differences are meaningful. */
	export function microseconds(): number;

	/**
	 * A free-running CPU counter; undefined where the target has none. Only differences modulo 2^32 are meaningful: some
	 * counters are 32 bits wide.
	 */
	export function count(): number | undefined;

	/** Unit of `count`. */
	export function counted(): "cycles" | "instructions" | undefined;

	/** Chip (if any), engine, compiler and SDK of the build, such as "XS 13.3.0, gcc 12.2.0". */
	export function toolchain(): string;

	/** How the run before ended; undefined when power failed, a restart was wanted, or the target cannot tell. */
	export function resetCause(): "crash" | "watchdog reset" | undefined;

	/** Prints one line of text: to stderr on a desktop, to the debugger on a device. */
	export function log(text: string): void;
}
