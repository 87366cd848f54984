/*
 * runtime.c - what GCC asks of its surroundings on Xtensa, and a program without a C library lacks: division (the LX106 has none, and
 * the libgcc of Debian's gcc-xtensa-lx106 lacks __divsi3), and memcpy, which it calls to copy structs.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t length);

void *memcpy(void *to, const void *from, size_t length)
{
	uint8_t *out = to;
	const uint8_t *in = from;
	while (length--)
		*out++ = *in++;
	return to;
}

int32_t __divsi3(int32_t n, int32_t d);

static uint32_t divide(uint32_t n, uint32_t d)
{
	uint32_t quotient = 0, rest = 0;
	int bit;
	for (bit = 31; bit >= 0; bit--) {
		rest = (rest << 1) | ((n >> bit) & 1);
		if (rest >= d) {
			rest -= d;
			quotient |= (uint32_t)1 << bit;
		}
	}
	return quotient;
}

int32_t __divsi3(int32_t n, int32_t d)
{
	const uint32_t quotient = divide(n < 0 ? 0 - (uint32_t)n : (uint32_t)n, d < 0 ? 0 - (uint32_t)d : (uint32_t)d);
	return (n < 0) != (d < 0) ? (int32_t)(0 - quotient) : (int32_t)quotient;
}
