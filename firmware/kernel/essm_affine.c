/* essm_affine.c - the folded norm: u = saturate(scale(residual - zero, scale)), BatchNorm and quantization in one. */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_affine_open(essm_checker *checker, const uint8_t *at)
{
	essm_affine_parts parts;
	const uint8_t *after;
	uint32_t h;
	after = essm_check_end(checker, essm_affine_view(at, checker->heads, &parts));
	for (h = 0; after && h < checker->heads; h++)
		if (essm_code(parts.zero_shift, h, 3) > 6)
			return essm_refuse(checker, ESSM_E_PRECISION); /* B25 */
	return after;
}

ESSM_HOT const uint8_t *essm_affine_run(essm_pass *pass, const uint8_t *at)
{
	essm_affine_parts parts;
	const uint8_t *after = essm_affine_view(at, pass->heads, &parts);
	const int32_t max = essm_symmetric_max(parts.header->bits);
	const essm_i16 *residual = pass->residual;
	essm_i16 *u = pass->signal;
	const uint32_t heads = pass->heads, steps = pass->steps;
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const essm_factor scale = essm_coarse_factor_of(parts.scale[h]);
		const int32_t zero =
			((const essm_i16 *)(const void *)parts.zero)[h] * (1 << (essm_few_bits(parts.zero_shift, 3 * h) & 7));
		const essm_i16 *const end = u + steps;
		do
			*u++ = (int16_t)essm_saturate(essm_scale(*residual++ - zero, scale), max);
		while (u != end);
	}
	return after;
}
