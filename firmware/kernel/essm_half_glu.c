/* essm_half_glu.c - the half-gated linear units, two gates at a time. */
#include "essm_half_glu.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_half_glu_open(essm_checker *checker, const essm_linear *gate, const uint8_t *after)
{
	if (!essm_check_map(checker, gate->header))
		return 0;
	essm_need_rows(checker, gate->header->bits == 8 ? 0 : 2 * essm_align4(checker->heads));
	return essm_check_end(checker, after);
}

/* One head over all steps; `sum` is its gate's, every other one. */
ESSM_HOT static void add_head(essm_pass *pass, const essm_half_glu *half, const essm_row *gate, uint32_t h, const uint32_t *sum)
{
	const essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)half->scale)[h]);
	const uint32_t end = (h + 1) * pass->steps;
	uint32_t i;
	for (i = h * pass->steps; i < end; i++, sum += 2) {
		const int32_t value = half->y ? half->y[i] : pass->g[i] + half->zero;
		const int32_t v_out = essm_saturate16(essm_scale(value, scale));
		const int32_t b_out = essm_saturate16(essm_finish_row(*sum, gate));
		const int32_t open = essm_phi_of(half->table, b_out, half->fraction);
		pass->residual[i] =
			(int16_t)essm_saturate(pass->residual[i] + essm_round_shift(v_out * open, half->shift), pass->residual_max);
	}
}

ESSM_HOT void essm_half_glu_run(essm_pass *pass, const essm_half_glu *half)
{
	const uint32_t heads = pass->heads;
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t h;
	rows.columns = heads;
	rows.start.first = rows.start.second = essm_half(half->gate->header->preshift);
	for (h = 0; h < heads; h += 2) {
		const uint32_t next = h + 1 < heads ? h + 1 : h;
		const essm_row first = essm_find_row(half->gate, h, heads, pass->rows);
		const essm_row second = essm_find_row(half->gate, next, heads, pass->rows + essm_align4(heads));
		rows.first = first.weights;
		rows.second = second.weights;
		essm_times_i8(&rows, pass->g, pass->steps, pass->steps, found);
		add_head(pass, half, &first, h, &found->first);
		if (next != h)
			add_head(pass, half, &second, next, &found->second);
	}
}
