/* essm_linear_encoder.c - the linear encoder: residual = saturate(map(sample)). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_linear_encoder_open(essm_checker *checker, const uint8_t *at)
{
	essm_linear_encoder_parts parts;
	const uint8_t *after;
	after = essm_linear_encoder_view(at, checker->heads, checker->channels, &parts);
	if (!essm_check_map(checker, parts.map.header))
		return 0;
	essm_need_rows(checker, parts.map.header->bits == 8 ? 0 : essm_align4(checker->channels));
	return essm_check_end(checker, after);
}

ESSM_HOT const uint8_t *essm_linear_encoder_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t channels = pass->channels, steps = pass->steps;
	const int32_t max = pass->residual_max;
	essm_i16 *residual = pass->residual;
	essm_linear_encoder_parts parts;
	const uint8_t *after = essm_linear_encoder_view(at, pass->heads, channels, &parts);
	uint32_t h;
	for (h = 0; h < pass->heads; h++) {
		const essm_i16 *sample = pass->samples, *const end = residual + steps;
		const essm_row row = essm_find_row(&parts.map, h, channels, pass->rows);
		for (; residual != end; sample += channels)
			*residual++ = (int16_t)essm_saturate(essm_row_times16(&row, sample, channels), max);
	}
	return after;
}
