/*
 * nor.c - the SPI flash of an ESP32-C3: read in place through the cache, erased and written by the chip's ROM.
 */
#include "flash.h"

#include <string.h>

enum { MAPPED = 0x3c000000, SECTOR_BYTES = 4096, BUFFER_WORDS = 64 };

/* The cache's map: an entry per 64 KB, the number of the flash page. The ROM mapped each page to its own place. */
static volatile uint32_t *const map = (volatile uint32_t *)0x600c5000;
enum { PAGE_BYTES = 0x10000, PAGE_INVALID = 0x100 };

const uint32_t flashSectorBytes = SECTOR_BYTES;

/* As in manifests/partitions.csv. */
static const FlashPartition partitions[] = {
	{"model_a", 0x3e0000, 0x10000},
	{"model_b", 0x3f0000, 0x10000},
};

/* In ROM (link.ld). */
int esp_rom_spiflash_unlock(void);
int esp_rom_spiflash_erase_sector(uint32_t sector);
int esp_rom_spiflash_write(uint32_t offset, const uint32_t *words, int32_t bytes);
uint32_t Cache_Suspend_ICache(void);
void Cache_Resume_ICache(uint32_t autoload);
void Cache_Invalidate_Addr(uint32_t address, uint32_t bytes);

/*
 * Writes words, or erases the sector without them. In RAM, and calls nothing in flash: while the chip's flash is busy, or its
 * cache suspended, no instruction and no constant comes from there.
 */
__attribute__((section(".iram"), noinline)) static void change(uint32_t offset, const uint32_t *words, uint32_t bytes)
{
	volatile uint32_t *const entry = map + offset / PAGE_BYTES;
	const uint32_t autoload = Cache_Suspend_ICache();
	esp_rom_spiflash_unlock();
	if (words)
		esp_rom_spiflash_write(offset, words, (int32_t)bytes);
	else
		esp_rom_spiflash_erase_sector(offset / SECTOR_BYTES);
	*entry = PAGE_INVALID; /* emulators read a page again only when its entry changes */
	*entry = offset / PAGE_BYTES;
	Cache_Invalidate_Addr(MAPPED + offset, bytes);
	Cache_Resume_ICache(autoload);
}

const FlashPartition *flashPartition(unsigned index)
{
	return index < sizeof(partitions) / sizeof(*partitions) ? partitions + index : NULL;
}

const uint8_t *flashBytes(const FlashPartition *partition) { return (const uint8_t *)(MAPPED + partition->offset); }

void flashErase(const uint8_t *sector) { change((uint32_t)(uintptr_t)sector - MAPPED, NULL, SECTOR_BYTES); }

/* The ROM writes words: bytes around those asked for are written as they are, which clears no bit. */
void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length)
{
	uint32_t words[BUFFER_WORDS];
	while (length) {
		const uint32_t skip = (uintptr_t)flash % 4;
		const uint8_t *at = flash - skip;
		const uint32_t room = sizeof(words) - (uintptr_t)at % sizeof(words) - skip;
		const uint32_t bytes = length < room ? length : room;
		const uint32_t all = (skip + bytes + 3) & ~3u;
		memcpy(words, at, all);
		memcpy((uint8_t *)words + skip, data, bytes);
		change((uint32_t)(uintptr_t)at - MAPPED, words, all);
		flash += bytes;
		data += bytes;
		length -= bytes;
	}
}
