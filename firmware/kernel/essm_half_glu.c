/* essm_half_glu.c - the half-gated linear units, two gates at a time. */
#include "essm_half_glu.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_half_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_half_glu1_parts parts;
	const uint8_t *after = essm_half_glu1_view(at, checker->heads, &parts);
	const uint32_t bits = parts.gate.header->bits;
	if (!essm_check_map(checker, parts.gate.header))
		return 0;
	essm_need_row_pairs(checker, 0, (checker->heads + 1) / 2, checker->heads, bits, bits, 0);
	return essm_check_end(checker, after);
}

typedef struct {
	const essm_pass *pass;
	const essm_half_glu1_parts *parts;
	const essm_i16 *values;
} source;

/* One head over all steps; `sum` is its gate's. */
ESSM_COLD static void add_head(const void *context, uint32_t h, const uint32_t *sum)
{
	const source *from = context;
	const essm_half_glu1_parts *parts = from->parts;
	const essm_half_glu1_header *header = parts->header;
	const essm_row gate = essm_find_row(&parts->gate, header->gate, h);
	const essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)parts->scale)[h]);
	const essm_segment *const table = essm_gate[header->gate_table];
	const int32_t zero = header->zero, max = from->pass->residual_max;
	const uint32_t shift = 15u - header->value_shift, fraction = header->gate_fraction, first = h * from->pass->steps;
	const essm_i16 *value = from->values + first;
	essm_i16 *residual = from->pass->residual + first, *const end = residual + from->pass->steps;
	for (; residual != end; residual++, sum += 2) {
		const int32_t v_out = essm_saturate16(essm_scale(*value++ + zero, scale));
		const int32_t b_out = essm_saturate16(essm_finish_row(*sum, &gate));
		const int32_t open = essm_phi_of(table, b_out, fraction);
		*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
	}
}

ESSM_COLD const uint8_t *essm_half_glu_run(essm_pass *pass, const uint8_t *at, const essm_i16 *values)
{
	const uint32_t heads = pass->heads;
	essm_half_glu1_parts parts;
	const uint8_t *after = essm_half_glu1_view(at, heads, &parts);
	const essm_map_header map = parts.header->gate;
	const source from = {pass, &parts, values};
	essm_rows rows;
	essm_rows_of(&rows, parts.gate.weights, parts.gate.stride, heads, map.bits, essm_half(map.preshift));
	rows.words = essm_share_words(heads, map.bits, map.bits);
	rows.in = pass->g;
	rows.stride = pass->steps;
	essm_each_of_rows(pass, &rows, heads, pass->steps, add_head, &from);
	return after;
}
