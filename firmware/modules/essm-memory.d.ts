// essm/memory: what the engine and the platform know about memory, a clock, and a line of log text. A figure that a target
// or a release build cannot tell is undefined.

declare module "essm/memory" {
	export interface Memory {
		/** Bytes of one XS slot: 16 on 32-bit devices, 32 on a 64-bit desktop. Slots times this are bytes. */
		slotBytes: number;
		slotsUsed: number;
		slotsPeak: number;
		slotsReserved: number;
		/**
		 * Slots in use when main's default export was called. On the desktop the built-ins, the code and what modules make
		 * while they load are in there; a device has all of that, preloaded, in flash. So what the running application takes
		 * is `slotsUsed - slotsAtStart`, and at most `slotsPeak - slotsAtStart`: peaks are counted from that moment too.
		 */
		slotsAtStart: number | undefined;
		chunkBytesUsed: number;
		chunkBytesPeak: number;
		chunkBytesReserved: number;
		chunkBytesAtStart: number | undefined;
		stackSlotsUsed: number;
		stackSlotsPeak: number | undefined;
		stackSlotsTotal: number;
		/** Property keys made at run time. */
		keysUsed: number;
		/** Garbage collections since boot (modulo 65536). */
		collections: number | undefined;
		/** Bytes of system heap: free now, least ever free, largest free block. */
		heapFree: number | undefined;
		heapFreeMinimum: number | undefined;
		heapLargestBlock: number | undefined;
		/** Bytes of native stack that were never used (high-water mark). */
		nativeStackFreeMinimum: number | undefined;
	}

	/** The figures as they stand now; the call itself takes some 25 slots and 72 bytes of chunks. */
	export function memory(): Memory;

	/** Collects garbage now, so that `slotsUsed` and `chunkBytesUsed` count what lives. */
	export function collectGarbage(): void;

	/** Microseconds of a clock that never goes back; only differences mean something. */
	export function microseconds(): number;

	/**
	 * A counter of the CPU that never stops; undefined where the target has none. Differences modulo 2^32 mean something:
	 * some counters have no more bits.
	 */
	export function count(): number | undefined;

	/** What `count` counts. */
	export function counted(): "cycles" | "instructions" | undefined;

	/** Chip where there is one, engine, compiler and SDK that the firmware was made with, such as "XS 13.3.0, gcc 12.2.0". */
	export function toolchain(): string;

	/** Shows one line of text: on stderr on a desktop, in the debugger on a device. */
	export function log(text: string): void;
}
