/* essm_glu.c - the gated linear unit: residual = saturate(residual + value(g) sigmoid(gate(g))). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_glu_parts parts;
	const uint8_t *after;
	const uint32_t row = essm_align4(checker->heads);
	after = essm_glu_view(at, checker->heads, &parts);
	if (!essm_check_map(checker, parts.value.header) || !essm_check_map(checker, parts.gate.header))
		return 0;
	essm_need_rows(checker, (parts.value.header->bits == 8 ? 0 : row) + (parts.gate.header->bits == 8 ? 0 : row));
	return essm_check_end(checker, after);
}

/* Sums of a value row and its gate row; they start at the rounding terms. */
typedef struct {
	uint32_t v, b;
} sums;

/* A value row and its gate row times g of one step. */
ESSM_HOT ESSM_APART static sums dot_one(const int8_t *v, const int8_t *b, const int8_t *g, uint32_t columns, sums sum)
{
	const int8_t *const end = v + columns;
	for (; v != end; v++, b++, g++)
		sum.v += (uint32_t)(*v * *g), sum.b += (uint32_t)(*b * *g);
	return sum;
}

/* The same with g of all steps, four at a time: each weight is loaded once for four. */
ESSM_HOT ESSM_APART static void dot_fours(
	const int8_t *values, const int8_t *gates, const int8_t *g, uint32_t columns, uint32_t steps, sums start, sums *out)
{
	uint32_t at, t;
	for (at = 0; at < steps; at += 4, out += 4) {
		const int8_t *v = values, *b = gates, *const end = v + columns, *in = g + at;
		sums sum[4];
		ESSM_UNROLL for (t = 0; t < 4; t++) sum[t] = start;
		for (; v != end; v++, b++, in += steps)
			ESSM_UNROLL for (t = 0; t < 4; t++) sum[t].v += (uint32_t)(*v * in[t]), sum[t].b += (uint32_t)(*b * in[t]);
		ESSM_UNROLL for (t = 0; t < 4; t++) out[t] = sum[t];
	}
}

ESSM_HOT const uint8_t *essm_glu_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	const int32_t max = pass->residual_max;
	essm_i16 *residual = pass->residual;
	essm_glu_parts parts;
	const uint8_t *after = essm_glu_view(at, heads, &parts);
	const uint32_t shift = 15u - parts.header->value_shift, fraction = parts.header->gate_fraction;
	int8_t *const gate_rows = pass->rows + (parts.value.header->bits == 8 ? 0 : essm_align4(heads));
	sums found[ESSM_BLOCK];
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const sums *sum = found;
		const essm_i16 *const end = residual + steps;
		const essm_row value = essm_find_row(&parts.value, h, heads, pass->rows);
		const essm_row gate = essm_find_row(&parts.gate, h, heads, gate_rows);
		const sums start = {essm_half(value.preshift), essm_half(gate.preshift)};
		if (steps == 1)
			found[0] = dot_one(value.weights, gate.weights, pass->g, heads, start);
		else
			dot_fours(value.weights, gate.weights, pass->g, heads, steps, start, found);
		do {
			const int32_t v_out = essm_saturate16(essm_finish_row(sum->v, &value));
			const int32_t b_out = essm_saturate16(essm_finish_row(sum++->b, &gate));
			const int32_t open = essm_phi_of(essm_phi[ESSM_PHI_SIGMOID], b_out, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(v_out * open, shift), max);
		} while (++residual != end);
	}
	return after;
}
