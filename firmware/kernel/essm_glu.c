/* essm_glu.c - the gated linear unit: residual = saturate(residual + value(g) sigma(gate(g))). */
#include "essm_linear.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_glu_parts parts;
	const uint8_t *after;
	after = essm_glu_view(at, checker->heads, &parts);
	if (!essm_check_map(checker, parts.value.header) || !essm_check_map(checker, parts.gate.header))
		return 0;
	if (parts.header->gate_table)
		essm_need_arithmetic(checker, 3); /* the hard sigmoid */
	essm_need_row_pairs(checker, 0, checker->heads, checker->heads, parts.value.header->bits, parts.gate.header->bits, 0);
	return essm_check_end(checker, after);
}

ESSM_HOT const uint8_t *essm_glu_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	const int32_t max = pass->residual_max;
	essm_i16 *residual = pass->residual;
	essm_glu_parts parts;
	const uint8_t *after = essm_glu_view(at, heads, &parts);
	const uint32_t shift = 15u - parts.header->value_shift, fraction = parts.header->gate_fraction;
	const essm_map_header value_map = *parts.value.header, gate_map = *parts.gate.header;
	const essm_segment *const table = essm_gate[parts.header->gate_table];
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t h;
	rows.first = parts.value.weights;
	rows.first_bits = value_map.bits;
	rows.first_stride = parts.value.stride;
	rows.start.first = essm_half(value_map.preshift);
	rows.second = parts.gate.weights;
	rows.second_bits = gate_map.bits;
	rows.second_stride = parts.gate.stride;
	rows.start.second = essm_half(gate_map.preshift);
	rows.columns = heads;
	rows.words = essm_share_words(heads, rows.first_bits, rows.second_bits);
	rows.in = pass->g;
	rows.stride = steps;
	essm_begin_rows(pass, &rows, steps);
	for (h = 0; h < heads; h++) {
		const essm_sums *sum = found;
		const essm_i16 *const end = residual + steps;
		const essm_row value = essm_find_row(&parts.value, value_map, h), gate = essm_find_row(&parts.gate, gate_map, h);
		essm_times(pass, &rows, h, steps, found);
		do {
			const int32_t v_out = essm_saturate16(essm_finish_row(sum->first, &value));
			const int32_t b_out = essm_saturate16(essm_finish_row(sum++->second, &gate));
			const int32_t open = essm_phi_of(table, b_out, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
		} while (++residual != end);
	}
	return after;
}
