/*
 * creation.h - how large the XS machine is made, said in one place. A slot is 32 bytes here and 16 on a device.
 *
 * The parser and the built-ins are in RAM on this target (a device has neither: its built-ins stand in flash), which takes
 * some 3,800 slots and 30 KB of chunks before the first module runs. `application` is what a device gets, as in
 * manifests/; `builtins` is added to it. Every value can be changed on the command line: --set heap=4096.
 */
#ifndef ESSM_CREATION_H
#define ESSM_CREATION_H

#include "xsAll.h"

enum {
	BUILTIN_SLOTS = 4096,
	BUILTIN_CHUNK_BYTES = 32 * 1024,
	BUILTIN_STACK_SLOTS = 160,

	APPLICATION_SLOTS = 1024,
	APPLICATION_CHUNK_BYTES = 16 * 1024,
	APPLICATION_STACK_SLOTS = 384,

	/* Most RAM that slots, chunks and stack may take together before the machine stops with "memory full". */
	MEMORY_LIMIT = 768 * 1024
};

static const txCreation creationDefaults = {
	.initialChunkSize = BUILTIN_CHUNK_BYTES + APPLICATION_CHUNK_BYTES,
	.incrementalChunkSize = 1024,
	.initialHeapCount = BUILTIN_SLOTS + APPLICATION_SLOTS,
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
