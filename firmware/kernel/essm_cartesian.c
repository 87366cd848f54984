/* essm_cartesian.c - poles as real and imaginary part, 6 to 16 bits per coordinate. */
#include "essm_internal.h"

ESSM_COLD int essm_cartesian_check_poles(essm_checker *checker, const uint8_t *at)
{
	return essm_check_header(checker, at, &essm_cartesian_check);
}

ESSM_HOT void essm_cartesian_row(const essm_poles *poles, uint32_t row, essm_i16 *out)
{
	const essm_cartesian_parts *parts = (const void *)&poles->of;
	const uint8_t *codes = parts->codes + row * parts->codes_stride;
	const uint32_t bits = parts->header->bits;
	uint32_t bit, count;
	for (bit = 0, count = 0; count < 2 * poles->columns; count++, bit += bits)
		out[count] = (int16_t)((int32_t)(essm_bits(codes, bit) << (32 - bits)) >> 16);
}
