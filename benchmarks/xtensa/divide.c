/*
 * divide.c - the LX106 has no division, and the libgcc of Debian's gcc-xtensa-lx106 lacks __divsi3. For essm_divide.c, the
 * kernel's one place that divides.
 */
#include <stdint.h>

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
