/* essm_ungated.c - no channel mixer: residual = saturate(residual + scale(g + zero)). */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_ungated_open(essm_checker *checker, const uint8_t *at)
{
	essm_ungated_parts parts;
	return essm_check_end(checker, essm_ungated_view(at, checker->heads, &parts));
}

ESSM_COLD const uint8_t *essm_ungated_run(essm_pass *pass, const uint8_t *at)
{
	const essm_i16 *g = pass->g;
	essm_i16 *residual = pass->residual;
	essm_ungated_parts parts;
	const uint8_t *after = essm_ungated_view(at, pass->heads, &parts);
	uint32_t h, t;
	for (h = 0; h < pass->heads; h++) {
		const essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)parts.scale)[h]);
		for (t = 0; t < pass->steps; t++, residual++)
			*residual = (int16_t)essm_saturate(*residual + essm_scale(*g++ + parts.header->zero, scale), pass->residual_max);
	}
	return after;
}
