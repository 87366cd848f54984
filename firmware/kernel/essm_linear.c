/*
 * essm_linear.c - rows of linear maps, weights of 2, 3, 4, 6 or 8 bits:
 *
 *     out = scale(round_shift(sum w input, preshift), row scale) + row bias
 *
 * and the gated linear unit that ends a layer.
 */
#include "essm_internal.h"

/* A row at work: its weights, sums of its products for each step, which begin with what rounds their preshift, and what becomes of them. */
typedef struct {
	const int8_t *weights;
	essm_factor scale;
	int32_t bias;
	uint32_t preshift;
	uint32_t sums[ESSM_BLOCK];
} map_row;

/* Row `index` of `columns` weights, unpacked to scratch where they are not of 8 bits. */
ESSM_HOT ESSM_APART static void find_row(const essm_linear *map, uint32_t index, uint32_t columns, int8_t *scratch, map_row *row)
{
	const uint32_t bias = map->header->bias;
	const uint8_t *record = map->rows + index * essm_record_bytes(bias);
	row->scale = essm_coarse_factor_of(record[0]);
	row->bias = bias == ESSM_WIDE_BIAS ? (int16_t)(record[1] | record[2] << 8) : (int8_t)record[1] * (1 << bias);
	row->preshift = map->header->preshift;
	row->weights = essm_unpack_i8(map->weights + index * map->stride, columns, map->header->bits, scratch);
}

static inline int32_t finish(uint32_t sum, const map_row *row)
{
	return essm_add(essm_scale((int32_t)sum >> row->preshift, row->scale), row->bias);
}

/* A row times `columns` inputs of 16 bits. */
ESSM_HOT ESSM_APART static int32_t times16(const map_row *row, const essm_i16 *input, uint32_t columns)
{
	const int8_t *w = row->weights, *const end = w + columns;
	uint32_t sum = essm_half(row->preshift);
	while (w != end)
		sum += (uint32_t)(*w++ * *input++);
	return finish(sum, row);
}

/* residual = encoder(samples), saturated */
ESSM_HOT void essm_encode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *samples, essm_i16 *residual, uint32_t steps)
{
	const uint32_t channels = model->channels;
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	uint32_t h;
	for (h = 0; h < model->heads; h++) {
		const essm_i16 *sample = samples, *const end = residual + steps;
		map_row row;
		find_row(map, h, channels, scratch, &row);
		for (; residual != end; sample += channels)
			*residual++ = (int16_t)essm_saturate(times16(&row, sample, channels), most);
	}
}

/* logits = decoder(pooled) */
ESSM_COLD void essm_decode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *pooled, int32_t *logits)
{
	uint32_t i;
	for (i = 0; i < model->classes; i++) {
		map_row row;
		find_row(map, i, model->heads, scratch, &row);
		logits[i] = times16(&row, pooled, model->heads);
	}
}

/* A value row and its gate row times g of one step. */
ESSM_HOT ESSM_APART static void dot_one(map_row *value, map_row *gate, const int8_t *g, uint32_t columns)
{
	const int8_t *v = value->weights, *b = gate->weights, *const end = v + columns;
	uint32_t v_sum = essm_half(value->preshift), b_sum = essm_half(gate->preshift);
	for (; v != end; v++, b++, g++)
		v_sum += (uint32_t)(*v * *g), b_sum += (uint32_t)(*b * *g);
	value->sums[0] = v_sum;
	gate->sums[0] = b_sum;
}

/* The same with g of all steps, four at a time: each weight is loaded once for four. */
ESSM_HOT static void dot_fours(map_row *value, map_row *gate, const int8_t *g, uint32_t columns, uint32_t steps)
{
	uint32_t at, t;
	for (at = 0; at < steps; at += 4) {
		const int8_t *v = value->weights, *b = gate->weights, *const end = v + columns, *in = g + at;
		uint32_t v_sum[4], b_sum[4];
		ESSM_UNROLL for (t = 0; t < 4; t++) v_sum[t] = essm_half(value->preshift), b_sum[t] = essm_half(gate->preshift);
		for (; v != end; v++, b++, in += steps)
			ESSM_UNROLL for (t = 0; t < 4; t++) v_sum[t] += (uint32_t)(*v * in[t]), b_sum[t] += (uint32_t)(*b * in[t]);
		ESSM_UNROLL for (t = 0; t < 4; t++) value->sums[at + t] = v_sum[t], gate->sums[at + t] = b_sum[t];
	}
}

/* residual += value * sigmoid(gate) of one row, saturated */
ESSM_HOT static void add_gated(const essm *model, const essm_layer_header *header, const map_row *value_row, const map_row *gate_row,
	essm_i16 *residual, uint32_t steps)
{
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	const uint32_t shift = 15u - header->value_shift, fraction = header->gate_fraction;
	const uint32_t *v = value_row->sums, *b = gate_row->sums;
	essm_i16 *const end = residual + steps;
	do {
		const int32_t value = essm_saturate16(finish(*v++, value_row));
		const int32_t gate = essm_saturate16(finish(*b++, gate_row));
		const int32_t open = essm_phi_of(essm_phi[ESSM_PHI_SIGMOID], gate, fraction);
		*residual = (int16_t)essm_saturate(*residual + essm_round_shift(value * open, shift), most);
	} while (++residual != end);
}

/* residual += value(g) * sigmoid(gate(g)) */
ESSM_HOT void essm_glu(const essm *model, const essm_layer *layer, int8_t *scratch, const int8_t *g, essm_i16 *residual, uint32_t steps)
{
	const uint32_t heads = model->heads;
	uint32_t h;
	for (h = 0; h < heads; h++, residual += steps) {
		map_row value, gate;
		find_row(&layer->value, h, heads, scratch, &value);
		find_row(&layer->gate, h, heads, scratch + heads, &gate);
		if (steps == 1)
			dot_one(&value, &gate, g, heads);
		else
			dot_fours(&value, &gate, g, heads, steps);
		add_gated(model, layer->header, &value, &gate, residual, steps);
	}
}
