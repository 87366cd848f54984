/* essm_relu.c - the rectifier: g = clamp(scale(max(y, 0)) - zero). */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_relu_open(essm_checker *checker, const uint8_t *at)
{
	(void)checker;
	return at + sizeof(essm_relu_header);
}

ESSM_COLD const uint8_t *essm_relu_run(essm_pass *pass, const uint8_t *at)
{
	const essm_relu_header *header = (const essm_relu_header *)(const void *)at;
	const essm_factor scale = essm_factor_of(header->scale);
	const int32_t max = essm_symmetric_max(header->bits), zero = header->zero;
	const essm_i16 *y = pass->signal, *const end = y + pass->heads * pass->steps;
	essm_i16 *g = pass->g;
	for (; y != end; y++)
		*g++ = (int16_t)essm_clamp(essm_scale(*y < 0 ? 0 : *y, scale) - zero, -1 - max, max);
	return at + sizeof *header;
}
