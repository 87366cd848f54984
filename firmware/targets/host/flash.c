/*
 * flash.c - the module "flash" on the desktop and rv32, on top of the target's flash (flash.h).
 */
#include "binding.h"
#include "flash.h"
#include "xsHost.h"

#include <string.h>

#ifndef ESSM_SDK
#define xsID_byteLength (xsID("byteLength"))
#endif

/* Whether the write only clears bits. Real flash silently keeps cleared bits clear. */
static int canWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		if (data[i] & ~flash[i])
			return 0;
	return 1;
}

/* Identifies our host objects; nothing to free. */
void xs_flash_destructor(void *data) { (void)data; }

static const FlashPartition *getPartition(xsMachine *the)
{
	const FlashPartition *partition = xsmcGetHostDataValidate(xsThis, (void *)&xs_flash_destructor);
	if (!partition)
		xsUnknownError("no partition");
	return partition;
}

/* Throws unless the range lies within the partition. */
static const uint8_t *getRange(xsMachine *the, uint32_t offset, uint32_t length)
{
	const FlashPartition *partition = getPartition(the);
	if ((offset > partition->length) || (length > partition->length - offset))
		xsRangeError("outside partition");
	return flashBytes(partition) + offset;
}

/* Throws when an open kernel reads any of these bytes: it checked them only once, when it opened. */
static void needUnread(xsMachine *the, const uint8_t *flash, uint32_t length)
{
	if (essmKernelReads(flash, length))
		xsUnknownError("an open kernel reads this flash: close it first");
}

void xs_flash(xsMachine *the)
{
	const char *name = xsmcToString(xsArg(0));
	const FlashPartition *partition;
	for (unsigned i = 0; (partition = flashPartition(i)) && strcmp(partition->name, name);)
		i++;
	if (!partition)
		xsUnknownError("can't find partition");
	(void)xsmcGetHostDataValidate(xsThis, (void *)&xs_flash_destructor);
	xsmcSetHostData(xsThis, (void *)partition);
}

void xs_flash_erase(xsMachine *the)
{
	uint32_t sector = essmToIndex(the, &xsArg(0));
	const uint8_t *flash;
	if (sector >= getPartition(the)->length / flashSectorBytes)
		xsRangeError("outside partition");
	flash = getRange(the, sector * flashSectorBytes, flashSectorBytes);
	needUnread(the, flash, flashSectorBytes);
	flashErase(flash);
}

void xs_flash_read(xsMachine *the)
{
	uint32_t offset = essmToIndex(the, &xsArg(0));
	uint32_t length = essmToIndex(the, &xsArg(1));
	const uint8_t *flash = getRange(the, offset, length);
	xsmcSetArrayBuffer(xsResult, (void *)flash, (xsIntegerValue)length);
}

void xs_flash_write(xsMachine *the)
{
	uint32_t offset = essmToIndex(the, &xsArg(0));
	uint32_t length = essmToIndex(the, &xsArg(1));
	const uint8_t *flash = getRange(the, offset, length);
	void *data;
	xsUnsignedValue available;

	essmGetBuffer(the, &xsArg(2), &data, &available, 0);
	if (available < length)
		xsRangeError("buffer too short");
	needUnread(the, flash, length);
	if (!canWrite(flash, data, length))
		xsUnknownError("write would set bits: erase first");
	flashWrite(flash, data, length);
}

void xs_flash_map(xsMachine *the)
{
	const FlashPartition *partition = getPartition(the);
	xsmcVars(1);
	xsResult = xsNewHostObject(NULL);
	xsmcSetHostBuffer(xsResult, (void *)flashBytes(partition), (xsIntegerValue)partition->length);
	xsmcPetrifyHostBuffer(xsResult);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)partition->length);
	xsmcDefine(xsResult, xsID_byteLength, xsVar(0), xsDontDelete | xsDontSet);
}

void xs_flash_get_byteLength(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)getPartition(the)->length); }

void xs_flash_get_blockSize(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)flashSectorBytes); }
