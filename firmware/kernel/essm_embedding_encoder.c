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
	const uint32_t heads = pass->heads, steps = pass->steps;
	const int32_t max = pass->residual_max;
	essm_embedding_encoder_parts parts;
	const uint8_t *after = essm_embedding_encoder_view(at, heads, &parts);
	const essm_i16 *const bias = (const essm_i16 *)(const void *)parts.bias;
	const uint32_t bits = parts.header->bits;
	const int32_t last = parts.header->vocabulary - 1;
	uint32_t t, h;
	for (t = 0; t < steps; t++) {
		/* values outside the vocabulary are clamped to the nearest token */
		const int32_t token = essm_clamp(pass->samples[t * pass->channels], 0, last);
		const uint8_t *row = parts.table + (uint32_t)token * parts.table_stride;
		for (h = 0; h < heads; h++) {
			const int32_t code = (int32_t)(essm_bits(row, h * bits) << (32 - bits)) >> 23;
			const int32_t value = essm_scale(code, essm_coarse_factor_of(parts.scale[h])) + bias[h];
			pass->residual[h * steps + t] = (int16_t)essm_saturate(value, max);
		}
	}
	return after;
}
