/* essm_glu.c - the gated linear unit: residual = saturate(residual + value(g) sigma(gate(g))). */
#include "essm_linear.h"
#include "essm_rows.h"

ESSM_COLD const uint8_t *essm_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_glu_parts parts;
	const uint8_t *after;
	const uint32_t row = essm_align4(checker->heads);
	after = essm_glu_view(at, checker->heads, &parts);
	if (!essm_check_map(checker, parts.value.header) || !essm_check_map(checker, parts.gate.header))
		return 0;
	if (parts.header->gate_table)
		essm_need_arithmetic(checker, 3); /* the hard sigmoid */
	essm_need_rows(checker, (parts.value.header->bits == 8 ? 0 : row) + (parts.gate.header->bits == 8 ? 0 : row));
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
	const uint16_t *const table = essm_gate[parts.header->gate_table];
	int8_t *const gate_rows = pass->rows + (parts.value.header->bits == 8 ? 0 : essm_align4(heads));
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t h;
	rows.columns = heads;
	rows.start.first = essm_half(parts.value.header->preshift);
	rows.start.second = essm_half(parts.gate.header->preshift);
	for (h = 0; h < heads; h++) {
		const essm_sums *sum = found;
		const essm_i16 *const end = residual + steps;
		const essm_row value = essm_find_row(&parts.value, h, heads, pass->rows);
		const essm_row gate = essm_find_row(&parts.gate, h, heads, gate_rows);
		rows.first = value.weights;
		rows.second = gate.weights;
		essm_times_i8(&rows, pass->g, steps, steps, found);
		do {
			const int32_t v_out = essm_saturate16(essm_finish_row(sum->first, &value));
			const int32_t b_out = essm_saturate16(essm_finish_row(sum++->second, &gate));
			const int32_t open = essm_phi_of(table, b_out, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
		} while (++residual != end);
	}
	return after;
}
