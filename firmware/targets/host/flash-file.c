/*
 * flash-file.c - the desktop's flash: a file with the rules of NOR flash. The file is mapped, so writes survive however the
 * process ends.
 */
#include "flash.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLASH_BYTES = 4 * 1024 * 1024, SECTOR_BYTES = 4096, PARTITIONS = 8 };

const uint32_t flashSectorBytes = SECTOR_BYTES;

static uint8_t *image = NULL;
static FlashPartition partitions[PARTITIONS];
static unsigned partitionCount = 0;
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
	FlashPartition *partition = partitions + partitionCount;
	char rest;
	if (PARTITIONS == partitionCount)
		fail(text, "too many partitions");
	if (3 !=
		sscanf(text, "%16[^=]=%" SCNi32 ",%" SCNi32 "%c", partition->name, (int32_t *)&partition->offset,
			(int32_t *)&partition->length, &rest))
		fail(text, "is not NAME=OFFSET,LENGTH");
	if ((partition->offset % SECTOR_BYTES) || (partition->length % SECTOR_BYTES) || (0 == partition->length) ||
		(partition->offset > FLASH_BYTES) || (partition->length > FLASH_BYTES - partition->offset))
		fail(text, "must be multiples of 4096 bytes within 4 MB");
	partitionCount++;
}

void flashCutPower(uint64_t bytes) { bytesUntilPowerLoss = bytes; }

/* ---- The hardware ---- */

const FlashPartition *flashPartition(unsigned index) { return image && (index < partitionCount) ? partitions + index : NULL; }

const uint8_t *flashBytes(const FlashPartition *partition) { return image + partition->offset; }

/* Called before each byte that changes: a power loss keeps only the earlier ones. */
static void spendByte(void)
{
	if (0 == bytesUntilPowerLoss)
		_exit(EXIT_POWER_LOST);
	if (UINT64_MAX != bytesUntilPowerLoss)
		bytesUntilPowerLoss--;
}

void flashErase(const uint8_t *sector)
{
	uint8_t *bytes = image + (sector - image);
	for (int i = 0; i < SECTOR_BYTES; i++) {
		spendByte();
		bytes[i] = 0xFF;
	}
}

void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	uint8_t *bytes = image + (flash - image);
	for (uint32_t i = 0; i < length; i++) {
		spendByte();
		bytes[i] = data[i];
	}
}
