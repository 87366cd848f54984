/*
 * essm_unpack.c - rows of packed codes: code i of a row takes bits i * bits and up, lowest bit of the lowest byte first.
 */
#include "essm_internal.h"

uint32_t essm_code(const uint8_t *row, uint32_t index, uint32_t bits)
{
	return essm_bits(row, index * bits) & ((1u << bits) - 1);
}

/* 24 bits hold whole codes of every width. */
ESSM_LOOP const int8_t *essm_unpack(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *const room)
{
	int8_t *out = room, *const end = out + count;
	const uint32_t up = 32 - bits;
	for (;; row += 3) {
		uint32_t word = essm_bits(row, 0) | 1u << 24;
		for (; word != 1; word >>= bits) {
			if (out == end)
				return room;
			*out++ = (int8_t)((int32_t)(word << up) >> up);
		}
	}
}

ESSM_HOT const int8_t *essm_row_of(essm_pass *pass, const uint8_t *row, uint32_t count, uint32_t bits)
{
	int8_t *room;
	if (bits == 8)
		return (const int8_t *)row;
	room = essm_take_row(pass, essm_align4(count));
	return pass->unpack ? essm_unpack(row, count, bits, room) : room;
}
