/* essm_embedding_encoder.c - the embedding: residual = saturate(a row of a table), one row for each token, read in place. */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_embedding_encoder_open(essm_checker *checker, const uint8_t *at)
{
	essm_embedding_encoder_parts parts;
	const uint8_t *after = essm_embedding_encoder_view(at, checker->heads, &parts);
	if (parts.header->vocabulary < 2 || parts.header->vocabulary > 256)
		return essm_refuse(checker, ESSM_E_SHAPE); /* B22 */
	return essm_check_end(checker, after);
}

ESSM_HOT const uint8_t *essm_embedding_encoder_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads, channels = pass->channels;
	const int32_t max = pass->residual_max;
	essm_embedding_encoder_parts parts;
	const uint8_t *after = essm_embedding_encoder_view(at, heads, &parts);
	const uint32_t up = 32u - parts.header->bits;
	const int32_t last = parts.header->vocabulary - 1;
	essm_i16 *residual = pass->residual;
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const essm_factor scale = essm_coarse_factor_of(parts.scale[h]);
		const int32_t bias = ((const essm_i16 *)(const void *)parts.bias)[h];
		const essm_i16 *sample = pass->samples, *const end = residual + pass->steps;
		for (; residual != end; residual++, sample += channels) {
			/* values outside the vocabulary are clamped to the nearest token */
			const uint8_t *row = parts.table + (uint32_t)essm_clamp(*sample, 0, last) * parts.table_stride;
			const int32_t code = (int32_t)(essm_bits(row, h * (32 - up)) << up) >> 23;
			*residual = (int16_t)essm_saturate(essm_scale(code, scale) + bias, max);
		}
	}
	return after;
}
