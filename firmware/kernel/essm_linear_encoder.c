/* essm_linear_encoder.c - the linear encoder: residual = saturate(map(sample)), two heads at a time. */
#include "essm_linear.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_linear_encoder_open(essm_checker *checker, const uint8_t *at)
{
	essm_linear_encoder_parts parts;
	const uint8_t *after;
	uint32_t bits;
	after = essm_linear_encoder_view(at, checker->heads, checker->channels, &parts);
	bits = parts.map.header->bits;
	if (!essm_check_map(checker, parts.map.header))
		return 0;
	essm_need_row_pairs(checker, 0, (checker->heads + 1) / 2, checker->channels, bits, bits, 1);
	return essm_check_end(checker, after);
}

/* Steps of samples, channel by channel, to `out`. */
ESSM_HOT static void transpose(const essm_i16 *samples, uint32_t channels, uint32_t steps, essm_i16 *out)
{
	uint32_t i, t;
	for (t = 0; t < steps; t++)
		for (i = 0; i < channels; i++)
			out[i * steps + t] = *samples++;
}

ESSM_HOT const uint8_t *essm_linear_encoder_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t channels = pass->channels, heads = pass->heads, all = pass->steps;
	const int32_t max = pass->residual_max;
	int8_t *const kept = pass->rows;
	essm_linear_encoder_parts parts;
	const uint8_t *after = essm_linear_encoder_view(at, heads, channels, &parts);
	const essm_map_header map = *parts.map.header;
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t steps = all, t, h, i;
	essm_rows_of(&rows, parts.map.weights, parts.map.stride, channels, map.bits, essm_half(map.preshift));
	while (steps > 1 && channels * steps > ESSM_BLOCK * ESSM_BLOCK_HEADS)
		steps = steps > 4 ? steps - 4 : 1;
	for (t = 0; t < all; t += steps) {
		if (steps > all - t)
			steps = all - t;
		rows.in = pass->samples + t * channels;
		rows.stride = steps;
		rows.second = parts.map.weights + parts.map.stride;
		pass->rows = kept;
		if (steps > 1) {
			transpose(rows.in, channels, steps, pass->signal);
			rows.in = pass->signal;
		}
		for (h = 0; h < heads; h++) {
			const essm_row row = essm_find_row(&parts.map, map, h);
			const uint32_t *sum = &found->second;
			essm_i16 *residual = pass->residual + h * all + t;
			if (!(h & 1)) {
				if (h + 1 == heads)
					rows.second = rows.first; /* an odd last row is taken twice */
				essm_times(pass, &rows, h / 2, steps, found);
				sum = &found->first;
			}
			for (i = 0; i < steps; i++, sum += 2)
				residual[i] = (int16_t)essm_saturate(essm_finish_row(*sum, &row), max);
		}
	}
	return after;
}
