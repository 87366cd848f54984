// edge-ssm/memory: what the engine and the platform know about memory, a clock, and a line of log text. The contract is in
// essm-memory.d.ts, the figures come from essm-memory.c.

function sample(figures) @ "xs_essm_memory_sample";
export function collectGarbage() @ "xs_essm_memory_collectGarbage";
export function microseconds() @ "xs_essm_memory_microseconds";
export function count() @ "xs_essm_memory_count";
export function counted() @ "xs_essm_memory_counted";
export function toolchain() @ "xs_essm_memory_toolchain";
export function resetCause() @ "xs_essm_memory_resetCause";
export function log(text) @ "xs_essm_memory_log";

const known = (value) => (value < 0 ? undefined : value);

export function memory() {
	const figures = new Int32Array(18);
	sample(figures.buffer);
	return {
		slotBytes: figures[0],
		slotsUsed: figures[1],
		slotsPeak: figures[2],
		slotsReserved: figures[3],
		slotsAtStart: known(figures[4]),
		chunkBytesUsed: figures[5],
		chunkBytesPeak: figures[6],
		chunkBytesReserved: figures[7],
		chunkBytesAtStart: known(figures[8]),
		stackSlotsUsed: figures[9],
		stackSlotsPeak: known(figures[10]),
		stackSlotsTotal: figures[11],
		keysUsed: figures[12],
		collections: known(figures[13]),
		heapFree: known(figures[14]),
		heapFreeMinimum: known(figures[15]),
		heapLargestBlock: known(figures[16]),
		nativeStackFreeMinimum: known(figures[17]),
	};
}
