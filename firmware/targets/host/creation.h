/*
 * creation.h - the only place that sizes the XS machine. A slot is 32 bytes here and 16 on a device.
 *
 * A device has its built-ins and its preloaded code in flash; here both are in RAM. The built-ins take about 3,800 slots and
 * 16 KB of chunks, plus the application's code. So the machine starts with room for the built-ins and grows in small steps,
 * as a device does, and edge-ssm/memory tells what was in use when main started. The stack is a device's plus what the
 * built-ins keep on it. Every value can be changed on the command line: --set heap=4096.
 */
#ifndef ESSM_CREATION_H
#define ESSM_CREATION_H

#include "xsAll.h"

enum {
	BUILTIN_SLOTS = 4096,
	BUILTIN_CHUNK_BYTES = 16 * 1024,
	BUILTIN_STACK_SLOTS = 160,

	APPLICATION_CHUNK_BYTES = 8 * 1024,
	APPLICATION_STACK_SLOTS = 448,

	/* Maximum RAM for slots, chunks and stack together; beyond it the machine stops with "memory full". */
	MEMORY_LIMIT = 768 * 1024
};

static const txCreation creationDefaults = {
	.initialChunkSize = BUILTIN_CHUNK_BYTES + APPLICATION_CHUNK_BYTES,
	.incrementalChunkSize = 1024,
	.initialHeapCount = BUILTIN_SLOTS,
	.incrementalHeapCount = 64,
	.stackCount = BUILTIN_STACK_SLOTS + APPLICATION_STACK_SLOTS,
	.initialKeyCount = 64,
	.incrementalKeyCount = 32,
	.nameModulo = 127,
	.symbolModulo = 3,
	.parserBufferSize = 8 * 1024,
	.parserTableModulo = 127,
	.staticSize = 0,
};

#endif
