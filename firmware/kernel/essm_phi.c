/* essm_phi.c - the nonlinearity: a factor in Q15 from 64 table intervals of 1/8, linear between them. */
#include "essm_internal.h"

ESSM_HOT int32_t essm_phi_of(const uint16_t *table, int32_t v, uint32_t fraction)
{
	const uint32_t shift = fraction - 3; /* a table step is 1/8 */
	const int32_t edge = 8 << fraction;
	int32_t a = v < 0 ? -v : v;
	int32_t p, rest;
	if (a > edge)
		a = edge;
	table += a >> shift;
	rest = a & ((1 << shift) - 1);
	p = table[0] + essm_round_shift((table[1] - table[0]) * rest, shift);
	return v < 0 ? 32768 - p : p;
}
