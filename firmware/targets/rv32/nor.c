/*
 * nor.c - the flash of rv32: the second bank of QEMU's "virt" machine, two 16-bit chips side by side with Intel's command
 * set (CFI 0001). It is read in place and keeps its contents in a file (host-tools/simulator/rv32.ts).
 */
#include "flash.h"

#include <string.h>

enum { BANK = 0x22000000, SECTOR_BYTES = 256 * 1024, SLOT_BYTES = 2 * SECTOR_BYTES };

/* A command to both chips at once, and bits of their status. */
enum {
	ERASE = 0x00200020,
	CONFIRM = 0x00d000d0,
	PROGRAM = 0x00400040,
	READ_STATUS = 0x00700070,
	CLEAR_STATUS = 0x00500050,
	READ_ARRAY = 0x00ff00ff,
	READY = 0x00800080
};

const uint32_t flashSectorBytes = SECTOR_BYTES;

/* A header sector and one for the blob each. */
static const FlashPartition partitions[] = {
	{ "model_a", 0, SLOT_BYTES },
	{ "model_b", SLOT_BYTES, SLOT_BYTES },
};

const FlashPartition *flashFind(const char *name)
{
	for (unsigned i = 0; i < sizeof(partitions) / sizeof(*partitions); i++)
		if (!strcmp(partitions[i].name, name))
			return partitions + i;
	return NULL;
}

const uint8_t *flashBytes(const FlashPartition *partition)
{
	return (const uint8_t *)(BANK + partition->offset);
}

static volatile uint32_t *word(const uint8_t *place)
{
	return (volatile uint32_t *)((uintptr_t)place & ~(uintptr_t)3);
}

static void wait(volatile uint32_t *at)
{
	do
		*at = READ_STATUS;
	while ((*at & READY) != READY);
	*at = CLEAR_STATUS;
	*at = READ_ARRAY;
}

void flashErase(const uint8_t *sector)
{
	volatile uint32_t *at = word(sector);
	*at = ERASE;
	*at = CONFIRM;
	wait(at);
}

void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	for (uint32_t i = 0; i < length;) {
		volatile uint32_t *at = word(flash + i);
		uint32_t value = *at; /* bytes that are not written keep theirs */
		uint8_t *bytes = (uint8_t *)&value;
		do {
			bytes[(uintptr_t)(flash + i) & 3] = data[i];
			i++;
		} while ((i < length) && ((uintptr_t)(flash + i) & 3));
		*at = PROGRAM;
		*at = value;
		wait(at);
	}
}
