/*
 * flash.c - the module "flash" on the desktop: a file that keeps the rules of NOR flash. The file is mapped, so what is
 * written survives the process however it ends.
 */
#include "binding.h"
#include "options.h"
#include "xsHost.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef ESSM_SDK
	#define xsID_byteLength (xsID("byteLength"))
#endif

enum {
	FLASH_BYTES = 4 * 1024 * 1024,
	SECTOR_BYTES = 4096,
	NAME_LENGTH = 16, /* as in Espressif's partition tables */
	PARTITIONS = 8
};

typedef struct {
	char name[NAME_LENGTH + 1];
	uint32_t offset;
	uint32_t length;
} Partition;

static uint8_t *image = NULL;
static Partition partitions[PARTITIONS];
static int partitionCount = 0;
static uint64_t bytesUntilPowerLoss = UINT64_MAX;

/* ---- Command line ---- */

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "flash %s: %s\n", what, why);
	exit(2);
}

void flashOpen(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	struct stat status;
	if ((file < 0) || (fstat(file, &status) < 0))
		fail(path, strerror(errno));
	if ((0 != status.st_size) && (FLASH_BYTES != status.st_size))
		fail(path, "is not a flash image of 4 MB");
	if ((0 == status.st_size) && (ftruncate(file, FLASH_BYTES) < 0))
		fail(path, strerror(errno));
	image = mmap(NULL, FLASH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (MAP_FAILED == image)
		fail(path, strerror(errno));
	close(file);
	if (0 == status.st_size)
		memset(image, 0xFF, FLASH_BYTES);
}

void flashAddPartition(const char *text)
{
	Partition *partition = partitions + partitionCount;
	char rest;
	if (PARTITIONS == partitionCount)
		fail(text, "too many partitions");
	if (3 != sscanf(text, "%16[^=]=%" SCNi32 ",%" SCNi32 "%c", partition->name, (int32_t *)&partition->offset,
			(int32_t *)&partition->length, &rest))
		fail(text, "is not NAME=OFFSET,LENGTH");
	if ((partition->offset % SECTOR_BYTES) || (partition->length % SECTOR_BYTES) || (0 == partition->length) ||
		(partition->offset > FLASH_BYTES) || (partition->length > FLASH_BYTES - partition->offset))
		fail(text, "must be whole sectors of 4096 bytes within 4 MB");
	partitionCount++;
}

void flashCutPower(uint64_t bytes)
{
	bytesUntilPowerLoss = bytes;
}

/* ---- The hardware ---- */

/* Called before each byte that changes: a power loss leaves whatever came before it. */
static void spendByte(void)
{
	if (0 == bytesUntilPowerLoss)
		_exit(EXIT_POWER_LOST);
	if (UINT64_MAX != bytesUntilPowerLoss)
		bytesUntilPowerLoss--;
}

static void eraseSector(uint8_t *sector)
{
	for (int i = 0; i < SECTOR_BYTES; i++) {
		spendByte();
		sector[i] = 0xFF;
	}
}

/* Whether the write would only clear bits. Real flash would silently keep them clear. */
static int canWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		if (data[i] & ~flash[i])
			return 0;
	return 1;
}

static void writeBytes(uint8_t *flash, const uint8_t *data, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		spendByte();
		flash[i] = data[i];
	}
}

/* ---- JavaScript ---- */

/* The mark by which objects are known to be ours; there is nothing to free. */
void xs_flash_destructor(void *data)
{
	(void)data;
}

static Partition *getPartition(xsMachine *the)
{
	Partition *partition = xsmcGetHostDataValidate(xsThis, (void *)&xs_flash_destructor);
	if (!partition)
		xsUnknownError("no partition");
	return partition;
}

/* Throws unless the range lies within the partition. */
static uint8_t *getRange(xsMachine *the, uint32_t offset, uint32_t length)
{
	Partition *partition = getPartition(the);
	if ((offset > partition->length) || (length > partition->length - offset))
		xsRangeError("outside partition");
	return image + partition->offset + offset;
}

void xs_flash(xsMachine *the)
{
	char *name = xsmcToString(xsArg(0));
	int i = 0;
	while ((i < partitionCount) && strcmp(partitions[i].name, name))
		i++;
	if (!image || (i == partitionCount))
		xsUnknownError("can't find partition");
	(void)xsmcGetHostDataValidate(xsThis, (void *)&xs_flash_destructor);
	xsmcSetHostData(xsThis, partitions + i);
}

void xs_flash_erase(xsMachine *the)
{
	uint32_t sector = essmToIndex(the, &xsArg(0));
	if (sector >= FLASH_BYTES / SECTOR_BYTES)
		xsRangeError("outside partition");
	eraseSector(getRange(the, sector * SECTOR_BYTES, SECTOR_BYTES));
}

void xs_flash_read(xsMachine *the)
{
	uint32_t offset = essmToIndex(the, &xsArg(0));
	uint32_t length = essmToIndex(the, &xsArg(1));
	uint8_t *flash = getRange(the, offset, length);
	xsmcSetArrayBuffer(xsResult, flash, (xsIntegerValue)length);
}

void xs_flash_write(xsMachine *the)
{
	uint32_t offset = essmToIndex(the, &xsArg(0));
	uint32_t length = essmToIndex(the, &xsArg(1));
	uint8_t *flash = getRange(the, offset, length);
	void *data;
	xsUnsignedValue available;

	essmGetBuffer(the, &xsArg(2), &data, &available, 0);
	if (available < length)
		xsRangeError("buffer too short");
	if (!canWrite(flash, data, length))
		xsUnknownError("write would set bits: erase first");
	writeBytes(flash, data, length);
}

void xs_flash_map(xsMachine *the)
{
	Partition *partition = getPartition(the);
	xsmcVars(1);
	xsResult = xsNewHostObject(NULL);
	xsmcSetHostBuffer(xsResult, image + partition->offset, (xsIntegerValue)partition->length);
	xsmcPetrifyHostBuffer(xsResult);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)partition->length);
	xsmcDefine(xsResult, xsID_byteLength, xsVar(0), xsDontDelete | xsDontSet);
}

void xs_flash_get_byteLength(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)getPartition(the)->length);
}

void xs_flash_get_blockSize(xsMachine *the)
{
	xsmcSetInteger(xsResult, SECTOR_BYTES);
}
