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
	essm_need_row_pairs(checker, 0, (checker->heads + 1) / 2, checker->channels, bits, bits, 1);
	return essm_check_map(checker, &parts.map, after);
}

/* Steps of samples, channel by channel, to `out`. */
ESSM_LOOP static void transpose(const essm_i16 *samples, uint32_t channels, uint32_t steps, essm_i16 *out)
{
	uint32_t i, t;
	for (t = 0; t < steps; t++)
		for (i = 0; i < channels; i++)
			out[i * steps + t] = *samples++;
}

/* Where the rows' outputs go: `steps` of them, of a residual stream (heads, all). */
typedef struct {
	const essm_linear *map;
	essm_i16 *residual;
	uint32_t steps, all;
	int32_t max;
} target;

ESSM_LOOP static void finish(const void *context, uint32_t h, const uint32_t *sum)
{
	const target *to = context;
	const essm_row row = essm_find_row(to->map, *to->map->header, h);
	essm_i16 *out = to->residual + h * to->all, *const end = out + to->steps;
	for (; out != end; out++, sum += 2)
		*out = (int16_t)essm_saturate(essm_finish_row(*sum, &row), to->max);
}

ESSM_COLD const uint8_t *essm_linear_encoder_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t channels = pass->channels;
	int8_t *const kept = pass->rows;
	essm_linear_encoder_parts parts;
	const uint8_t *after = essm_linear_encoder_view(at, pass->heads, channels, &parts);
	const essm_map_header map = *parts.map.header;
	target to = {&parts.map, pass->residual, pass->steps, pass->steps, pass->residual_max};
	essm_rows rows;
	uint32_t t;
	while (to.steps > 1 && channels * to.steps > ESSM_BLOCK * ESSM_BLOCK_HEADS)
		to.steps = to.steps > 4 ? to.steps - 4 : 1;
	for (t = 0; t < to.all; t += to.steps, to.residual += to.steps) {
		if (to.steps > to.all - t)
			to.steps = to.all - t;
		essm_rows_of(&rows, parts.map.weights, parts.map.stride, channels, map.bits, essm_half(map.preshift));
		rows.in = pass->samples + t * channels;
		rows.stride = to.steps;
		if (to.steps > 1) {
			transpose(rows.in, channels, to.steps, pass->signal);
			rows.in = pass->signal;
		}
		pass->rows = kept;
		essm_each_of_rows(pass, &rows, pass->heads, to.steps, finish, &to);
	}
	return after;
}
