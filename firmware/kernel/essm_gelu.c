/* essm_gelu.c - activations of the form y Phi(y): g = clamp(scale(y Phi(y)) - zero). */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_gelu_open(essm_checker *checker, const uint8_t *at)
{
	if (((const essm_gelu_header *)(const void *)at)->table > 2)
		essm_need_arithmetic(checker, 3); /* q-GELU */
	return at + sizeof(essm_gelu_header);
}

ESSM_HOT const uint8_t *essm_gelu_run(essm_pass *pass, const uint8_t *at)
{
	const essm_gelu_header *header = (const essm_gelu_header *)(const void *)at;
	const essm_segment *const table = essm_phi[header->table];
	const essm_factor scale = essm_factor_of(header->scale);
	const int32_t max = essm_symmetric_max(header->bits), zero = header->zero;
	const uint32_t fraction = pass->y_fraction;
	const essm_i16 *y = pass->signal, *const end = y + pass->heads * pass->steps;
	essm_i16 *g = pass->g;
	for (; y != end; y++) {
		const int32_t product = essm_round_shift(*y * essm_phi_of(table, *y, fraction), 15);
		*g++ = (int16_t)essm_clamp(essm_scale(product, scale) - zero, -1 - max, max);
	}
	return at + sizeof *header;
}
