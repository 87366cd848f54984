/*
 * flash.h - what the module "flash" (flash.c) asks of a target's flash: a file on the desktop, a bank of NOR flash on rv32.
 */
#ifndef ESSM_FLASH_H
#define ESSM_FLASH_H

#include <stdint.h>

enum { FLASH_NAME_LENGTH = 16 }; /* as in Espressif's partition tables */

typedef struct {
	char name[FLASH_NAME_LENGTH + 1];
	uint32_t offset;
	uint32_t length;
} FlashPartition;

extern const uint32_t flashSectorBytes;

/* NULL when there is no such partition. */
const FlashPartition *flashFind(const char *name);

/* Where the partition can be read in place. */
const uint8_t *flashBytes(const FlashPartition *partition);

/* Sets the bytes of a sector to 0xFF; clears bits at any place. Both are given where they are read. */
void flashErase(const uint8_t *sector);
void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length);

#endif
