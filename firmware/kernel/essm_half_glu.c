/* essm_half_glu.c - the half-gated linear units, two gates at a time. */
#include "essm_half_glu.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_half_glu_open(essm_checker *checker, const essm_linear *gate, const uint8_t *after)
{
	if (!essm_check_map(checker, gate->header))
		return 0;
	essm_need_row_pairs(checker, 0, (checker->heads + 1) / 2, checker->heads, gate->header->bits, gate->header->bits, 0);
	return essm_check_end(checker, after);
}

/* One head over all steps; `sum` is its gate's, every other one. */
ESSM_HOT ESSM_APART static void add_head(essm_pass *pass, const essm_half_glu *half, uint32_t h, const uint32_t *sum)
{
	const essm_row gate = essm_find_row(half->gate, *half->gate->header, h);
	const essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)half->scale)[h]);
	const essm_segment *const table = half->table;
	const int32_t zero = half->zero, max = pass->residual_max;
	const uint32_t shift = half->shift, fraction = half->fraction, first = h * pass->steps;
	const essm_i16 *value = half->values + first;
	essm_i16 *residual = pass->residual + first, *const end = residual + pass->steps;
	for (; residual != end; residual++, sum += 2) {
		const int32_t v_out = essm_saturate16(essm_scale(*value++ + zero, scale));
		const int32_t b_out = essm_saturate16(essm_finish_row(*sum, &gate));
		const int32_t open = essm_phi_of(table, b_out, fraction);
		*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
	}
}

ESSM_HOT void essm_half_glu_run(essm_pass *pass, const essm_half_glu *half)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	const essm_linear *map = half->gate;
	const essm_map_header header = *map->header;
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t h;
	essm_rows_of(&rows, map->weights, map->stride, heads, header.bits, essm_half(header.preshift));
	rows.words = essm_share_words(heads, header.bits, header.bits);
	rows.in = pass->g;
	rows.stride = steps;
	for (h = 0; h < heads; h += 2) {
		const int two = h + 1 < heads;
		if (!two)
			rows.second = rows.first; /* an odd last row is taken twice */
		essm_times(pass, &rows, h / 2, steps, found);
		add_head(pass, half, h, &found->first);
		if (two)
			add_head(pass, half, h + 1, &found->second);
	}
}
