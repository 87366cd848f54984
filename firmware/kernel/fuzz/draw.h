/* draw.h - models drawn from bytes; draw.c. */
#ifndef ESSM_FUZZ_DRAW_H
#define ESSM_FUZZ_DRAW_H

#include <stddef.h>
#include <stdint.h>

/* Bytes to decide by: those given, then any number of a generator that the first four seed. */
typedef struct {
	const uint8_t *at;
	const uint8_t *end;
	uint32_t state;
} dice;

enum { DRAWN_MAX = 1 << 16 };

dice dice_of(const uint8_t *bytes, size_t count);
uint32_t throw_byte(dice *from);

/* Writes a blob, at most DRAWN_MAX bytes at `blob`, aligned to 4; returns its length. Its CRC-32 is right. */
uint32_t draw_blob(dice *from, uint8_t *blob);

#endif
