/*
 * creation.h - the only place that sizes the XS machine on rv32; the linker writes it into ROM. Slots have 16 bytes.
 * Built-ins and code are in flash, so this is what the running application takes.
 */
#ifndef ESSM_CREATION_H
#define ESSM_CREATION_H

#include "xsAll.h"

static const txCreation creationRV32 = {
	.initialChunkSize = 6 * 1024,
	.incrementalChunkSize = 1024,
	.initialHeapCount = 640,
	.incrementalHeapCount = 64,
	.stackCount = 512,
	.initialKeyCount = 32,
	.incrementalKeyCount = 32,
	.nameModulo = 127,
	.symbolModulo = 3,
	.parserBufferSize = 1024,
	.parserTableModulo = 127,
	.staticSize = 0,
};

#endif
