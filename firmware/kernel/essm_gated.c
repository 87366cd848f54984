/* essm_gated.c - the gated linear units' common part. */
#include "essm_gated.h"

ESSM_ASSERT(gates_fraction,
	offsetof(essm_glu_header, gate_fraction) - offsetof(essm_glu_header, gate) ==
		offsetof(essm_half_glu1_header, gate_fraction));
ESSM_ASSERT(gates_table,
	offsetof(essm_glu_header, gate_table) - offsetof(essm_glu_header, gate) == offsetof(essm_half_glu1_header, gate_table));

/* Values and gates of head `h`, gates two heads at a time; returns what scales the values. */
ESSM_COLD ESSM_APART static essm_factor take(
	essm_pass *pass, essm_rows *rows, const essm_inputs *inputs, uint32_t h, essm_sums *out)
{
	const essm_sums *const end = out + pass->steps;
	const essm_i16 *value = inputs->values + h * pass->steps;
	const uint32_t *gate = &inputs->pair->second;
	if (!(h & 1)) {
		gate = &inputs->pair->first;
		if (h + 1 == pass->heads)
			rows->second = rows->first; /* an odd last row is taken twice */
		essm_times(pass, rows, h / 2, pass->steps, inputs->pair);
	}
	for (; out != end; out++, gate += 2)
		out->first = (uint32_t)(*value++ + inputs->zero), out->second = *gate;
	return essm_factor_of(((const essm_u16 *)(const void *)inputs->scale)[h]);
}

ESSM_HOT void essm_add_gated(essm_pass *pass, const essm_linear *values, const essm_linear *gates, const essm_inputs *inputs)
{
	const essm_half_glu1_header *const header = (const void *)gates->header;
	const uint32_t heads = pass->heads, steps = pass->steps;
	const uint32_t shift = 15u - header->value_shift, fraction = header->gate_fraction;
	const essm_map_header value_map = *values->header, gate_map = *gates->header;
	const essm_segment *const table = essm_gate[header->gate_table];
	const int32_t max = pass->residual_max;
	essm_i16 *residual = pass->residual;
	essm_rows rows;
	essm_sums found[ESSM_BLOCK];
	uint32_t h;
	rows.first = values->weights;
	rows.first_bits = value_map.bits;
	rows.first_stride = values->stride;
	rows.start.first = essm_half(value_map.preshift);
	rows.second = gates->weights;
	rows.second_bits = gate_map.bits;
	rows.second_stride = gates->stride;
	rows.start.second = essm_half(gate_map.preshift);
	rows.columns = heads;
	rows.words = essm_share_words(heads, rows.first_bits, rows.second_bits);
	rows.in = pass->g;
	rows.stride = steps;
	if (inputs) {
		rows.second += rows.second_stride;
		rows.first_stride = rows.second_stride *= 2;
	}
	essm_begin_rows(pass, &rows, steps);
	for (h = 0; h < heads; h++) {
		const essm_sums *sum = found;
		const essm_i16 *const end = residual + steps;
		const essm_row gate = essm_find_row(gates, gate_map, h);
		essm_row value = {{0, 0}, 0, 0};
		if (inputs) {
			value.scale = take(pass, &rows, inputs, h, found);
		} else {
			value = essm_find_row(values, value_map, h);
			essm_times(pass, &rows, h, steps, found);
		}
		do {
			const int32_t v_out = essm_saturate16(essm_finish_row(sum->first, &value));
			const int32_t b_out = essm_saturate16(essm_finish_row(sum++->second, &gate));
			const int32_t open = essm_phi_of(table, b_out, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
		} while (++residual != end);
	}
}
