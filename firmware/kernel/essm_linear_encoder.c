/* essm_linear_encoder.c - the linear encoder: residual = saturate(map(sample)). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_linear_encoder_open(essm_checker *checker, const uint8_t *at)
{
	essm_linear_encoder_parts parts;
	const uint8_t *after;
	uint32_t row;
	after = essm_linear_encoder_view(at, checker->heads, checker->channels, &parts);
	if (!essm_check_map(checker, parts.map.header))
		return 0;
	row = essm_row_bytes(checker->channels, parts.map.header->bits);
	essm_need_rows(checker, row, checker->heads * row);
	return essm_check_end(checker, after);
}

ESSM_HOT const uint8_t *essm_linear_encoder_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t channels = pass->channels, steps = pass->steps;
	const int32_t max = pass->residual_max;
	essm_i16 *residual = pass->residual;
	essm_linear_encoder_parts parts;
	const uint8_t *after = essm_linear_encoder_view(at, pass->heads, channels, &parts);
	const essm_map_header header = *parts.map.header;
	const uint8_t *codes = parts.map.weights;
	uint32_t h;
	for (h = 0; h < pass->heads; h++, codes += parts.map.stride) {
		const essm_i16 *sample = pass->samples, *const end = residual + steps;
		const essm_row row = essm_find_row(&parts.map, header, h);
		const int8_t *weights = (const int8_t *)codes;
		essm_next_rows(pass);
		if (header.bits != 8)
			weights = essm_row_of(pass, codes, channels, header.bits);
		for (; residual != end; sample += channels)
			*residual++ = (int16_t)essm_saturate(essm_row_times(&row, weights, sample, channels), max);
	}
	return after;
}
