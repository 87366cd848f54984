/*
 * flash.h - what the module "flash" (flash.c) needs from a target: a file on the desktop, a bank of NOR flash on rv32.
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

/* The partitions in turn, from 0 on; NULL after the last. */
const FlashPartition *flashPartition(unsigned index);

/* Address at which the partition is readable in place. */
const uint8_t *flashBytes(const FlashPartition *partition);

/* Set the bytes of a sector to 0xFF; clear bits anywhere. Both take read addresses. */
void flashErase(const uint8_t *sector);
void flashWrite(const uint8_t *flash, const uint8_t *data, uint32_t length);

#endif
