/*
 * nor.c - the flash of rv32: the second bank of QEMU's "virt" machine, two 16-bit chips in parallel with Intel's command
 * set (CFI 0001). It is read in place and backed by a file (host-tools/simulator/rv32.ts).
 */
#include "flash.h"

#include <stddef.h>

enum { BANK = 0x22000000, SECTOR_BYTES = 256 * 1024, SLOT_BYTES = 2 * SECTOR_BYTES, BUFFER_WORDS = 64 };

/* Commands to both chips at once, and their status bits. */
enum {
	ERASE = 0x00200020,
	CONFIRM = 0x00d000d0,
	PROGRAM_BUFFER = 0x00e800e8,
	READ_STATUS = 0x00700070,
	CLEAR_STATUS = 0x00500050,
	READ_ARRAY = 0x00ff00ff,
	READY = 0x00800080
};

const uint32_t flashSectorBytes = SECTOR_BYTES;

/* Each has a header sector and one for the blob. */
static const FlashPartition partitions[] = {
	{"model_a", 0, SLOT_BYTES},
	{"model_b", SLOT_BYTES, SLOT_BYTES},
};

const FlashPartition *flashPartition(unsigned index)
{
	return index < sizeof(partitions) / sizeof(*partitions) ? partitions + index : NULL;
}

const uint8_t *flashBytes(const FlashPartition *partition) { return (const uint8_t *)(BANK + partition->offset); }

static volatile uint32_t *word(const uint8_t *place) { return (volatile uint32_t *)((uintptr_t)place & ~(uintptr_t)3); }

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

/* Writes words within one block of the chips' write buffer. */
static void writeWords(volatile uint32_t *at, const uint32_t *words, uint32_t count)
{
	*at = PROGRAM_BUFFER;
	*at = (count - 1) << 16 | (count - 1);
	for (uint32_t i = 0; i < count; i++)
		at[i] = words[i];
	*at = CONFIRM;
	wait(at);
}

void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	uint32_t words[BUFFER_WORDS];
	while (length) {
		volatile uint32_t *at = word(flash);
		const uint32_t skip = (uintptr_t)flash & 3;
		const uint32_t room = sizeof(words) - ((uintptr_t)at & (sizeof(words) - 1)) - skip;
		const uint32_t bytes = length < room ? length : room, count = (skip + bytes + 3) / 4;
		for (uint32_t i = 0; i < count; i++)
			words[i] = at[i]; /* other bytes keep their value */
		for (uint32_t i = 0; i < bytes; i++)
			((uint8_t *)words)[skip + i] = data[i];
		writeWords(at, words, count);
		flash += bytes;
		data += bytes;
		length -= bytes;
	}
}
