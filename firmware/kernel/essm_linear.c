/*
 * essm_linear.c - rows of linear maps, weights of 2, 3, 4, 6 or 8 bits:
 *
 *     out = scale(round_shift(sum w input, preshift), row scale) + row bias
 *
 * and the gated linear unit that ends a layer.
 */
#include "essm_internal.h"

/* The row's weights as int8: in place when they are, otherwise unpacked. */
static inline const int8_t *row_weights(const uint8_t *packed, uint32_t columns, uint32_t bits, int8_t *scratch)
{
	if (bits == 8)
		return (const int8_t *)packed;
	essm_unpack_i8(packed, columns, bits, scratch);
	return scratch;
}

/* What becomes of a row's sum. */
typedef struct {
	essm_factor scale;
	int32_t bias;
	uint32_t preshift;
} row_end;

static inline row_end end_of(const essm_linear *map, const uint8_t *record)
{
	const int32_t bias = map->bias == ESSM_WIDE_BIAS ? (int16_t)(record[1] | record[2] << 8) : (int8_t)record[1] * (1 << map->bias);
	const row_end end = {essm_coarse_factor_of(record[0]), bias, map->preshift};
	return end;
}

static inline int32_t finish(uint32_t sum, row_end end)
{
	return essm_add(essm_scale(essm_round_shift((int32_t)sum, end.preshift), end.scale), end.bias);
}

static inline uint32_t dot16(const int8_t *w, const essm_i16 *input, uint32_t columns)
{
	const int8_t *const end = w + columns;
	uint32_t sum = 0;
	while (w != end)
		sum += (uint32_t)(*w++ * *input++);
	return sum;
}

/* residual = encoder(samples), saturated */
ESSM_HOT void essm_encode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *samples, essm_i16 *residual, uint32_t steps)
{
	const uint32_t channels = model->channels;
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	uint32_t h;
	for (h = 0; h < model->heads; h++) {
		const int8_t *weights = row_weights(map->weights + h * map->stride, channels, map->bits, scratch);
		const row_end end = end_of(map, map->rows + h * essm_record_bytes(map->bias));
		const essm_i16 *sample = samples, *const last = residual + steps;
		for (; residual != last; sample += channels)
			*residual++ = (int16_t)essm_saturate(finish(dot16(weights, sample, channels), end), most);
	}
}

/* logits = decoder(pooled) */
void essm_decode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *pooled, int32_t *logits)
{
	uint32_t i;
	for (i = 0; i < model->classes; i++) {
		const int8_t *weights = row_weights(map->weights + i * map->stride, model->heads, map->bits, scratch);
		logits[i] = finish(dot16(weights, pooled, model->heads), end_of(map, map->rows + i * essm_record_bytes(map->bias)));
	}
}

/* Sums of a value row and of its gate row over the same inputs, for each step. */
typedef struct {
	uint32_t value[ESSM_BLOCK], gate[ESSM_BLOCK];
} row_sums;

ESSM_HOT ESSM_APART static void dot_one(const int8_t *v, const int8_t *b, const int8_t *g, uint32_t columns, row_sums *sums)
{
	uint32_t value = 0, gate = 0;
	for (; columns >= 4; columns -= 4) {
		const int32_t g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];
		value += (uint32_t)(v[0] * g0 + v[1] * g1 + v[2] * g2 + v[3] * g3);
		gate += (uint32_t)(b[0] * g0 + b[1] * g1 + b[2] * g2 + b[3] * g3);
		g += 4, v += 4, b += 4;
	}
	for (; columns; columns--) {
		value += (uint32_t)(*v++ * *g);
		gate += (uint32_t)(*b++ * *g++);
	}
	sums->value[0] = value;
	sums->gate[0] = gate;
}

/* Four steps of one column: each weight times four values of g. */
ESSM_INLINE void add_column(int32_t value, int32_t gate, const int8_t *g, row_sums *sums)
{
	uint32_t t;
	ESSM_UNROLL for (t = 0; t < ESSM_BLOCK; t++)
	{
		sums->value[t] += (uint32_t)(value * g[t]);
		sums->gate[t] += (uint32_t)(gate * g[t]);
	}
}

ESSM_HOT ESSM_APART static void dot_four(const int8_t *v, const int8_t *b, const int8_t *g, uint32_t columns, row_sums *out)
{
	const int8_t *const end = v + columns;
	row_sums sums = {{0, 0, 0, 0}, {0, 0, 0, 0}};
	if (columns & 1) {
		add_column(*v++, *b++, g, &sums);
		g += ESSM_BLOCK;
	}
	while (v != end) {
		add_column(v[0], b[0], g, &sums);
		add_column(v[1], b[1], g + ESSM_BLOCK, &sums);
		v += 2, b += 2, g += 2 * ESSM_BLOCK;
	}
	*out = sums;
}

/* residual += value(g) * sigmoid(gate(g)), saturated */
ESSM_HOT void essm_glu(const essm *model, const essm_layer *layer, int8_t *scratch, const uint16_t *sigmoid, const int8_t *g,
	essm_i16 *residual, uint32_t steps)
{
	const uint32_t heads = model->heads;
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	const uint32_t shift = 15u - layer->value_shift, fraction = layer->gate_fraction;
	const essm_linear value_map = layer->value, gate_map = layer->gate; /* copies: bytes are stored in the loop */
	const uint8_t *v = value_map.weights, *b = gate_map.weights;
	const uint8_t *value_row = value_map.rows, *gate_row = gate_map.rows;
	const essm_i16 *const end = residual + heads * steps;
	while (residual != end) {
		const int8_t *values = row_weights(v, heads, value_map.bits, scratch);
		const int8_t *gates = row_weights(b, heads, gate_map.bits, scratch + heads);
		const row_end value_end = end_of(&value_map, value_row), gate_end = end_of(&gate_map, gate_row);
		row_sums sums;
		uint32_t t;
		if (steps == 1)
			dot_one(values, gates, g, heads, &sums);
		else
			dot_four(values, gates, g, heads, &sums);
		for (t = 0; t < steps; t++, residual++) {
			const int32_t value = essm_saturate16(finish(sums.value[t], value_end));
			const int32_t gate = essm_saturate16(finish(sums.gate[t], gate_end));
			const int32_t open = essm_phi_of(sigmoid, gate, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(value * open, shift), most);
		}
		v += value_map.stride;
		b += gate_map.stride;
		value_row += essm_record_bytes(value_map.bias);
		gate_row += essm_record_bytes(gate_map.bias);
	}
}
