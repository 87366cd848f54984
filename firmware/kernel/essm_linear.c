/*
 * essm_linear.c - rows of linear maps, weights of 2, 3, 4, 6 or 8 bits:
 *
 *     out = scale(round_shift(sum w input, preshift), row scale) + row bias
 *
 * and the gated linear unit that ends a layer.
 */
#include "essm_internal.h"

/* From a row's sum to its output; the record holds the row's scale and bias. */
static inline int32_t finish(uint32_t sum, uint32_t preshift, const uint8_t *record)
{
	return essm_add(essm_scale(essm_round_shift((int32_t)sum, preshift), essm_read16(record)), (int16_t)essm_read16(record + 2));
}

/* One row over int16 inputs: encoder and decoder. */
ESSM_HOT int32_t essm_row16(const essm_linear *map, uint32_t row, const essm_i16 *input, uint32_t columns)
{
	const uint8_t *weights = map->weights + row * map->stride;
	const uint32_t bits = map->bits;
	uint32_t sum = 0, i;
	for (i = 0; i < columns; i++)
		sum += (uint32_t)((bits == 8 ? (int8_t)weights[i] : essm_code(weights, i, bits)) * input[i]);
	return finish(sum, map->preshift, map->rows + row * ESSM_ROW_BYTES);
}

/* Sums of a value row and of its gate row over the same inputs, for each step. */
typedef struct {
	uint32_t value[ESSM_BLOCK], gate[ESSM_BLOCK];
} row_sums;

ESSM_HOT static void dot_one(const int8_t *v, const int8_t *b, const int8_t *g, uint32_t columns, row_sums *sums)
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

ESSM_HOT static void dot_four(const int8_t *v, const int8_t *b, const int8_t *g, uint32_t columns, row_sums *sums)
{
	const int8_t *const end = v + columns;
	uint32_t v0 = 0, v1 = 0, v2 = 0, v3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
	do {
		const int32_t value = *v++, gate = *b++;
		v0 += (uint32_t)(value * g[0]);
		v1 += (uint32_t)(value * g[1]);
		v2 += (uint32_t)(value * g[2]);
		v3 += (uint32_t)(value * g[3]);
		b0 += (uint32_t)(gate * g[0]);
		b1 += (uint32_t)(gate * g[1]);
		b2 += (uint32_t)(gate * g[2]);
		b3 += (uint32_t)(gate * g[3]);
		g += 4;
	} while (v != end);
	sums->value[0] = v0, sums->value[1] = v1, sums->value[2] = v2, sums->value[3] = v3;
	sums->gate[0] = b0, sums->gate[1] = b1, sums->gate[2] = b2, sums->gate[3] = b3;
}

/* The row's weights as int8: in place when they are, otherwise unpacked. */
static inline const int8_t *row_weights(const uint8_t *packed, uint32_t columns, uint32_t bits, int8_t *scratch)
{
	if (bits == 8)
		return (const int8_t *)packed;
	essm_unpack_i8(packed, columns, bits, scratch);
	return scratch;
}

/* residual += value(g) * sigmoid(gate(g)), saturated */
ESSM_HOT void essm_glu(const essm *model, const essm_layer *layer, int8_t *scratch, const int8_t *g, essm_i16 *residual, uint32_t steps)
{
	const uint32_t heads = model->heads;
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	const uint32_t shift = 15u - layer->value_shift, fraction = layer->gate_fraction;
	const uint32_t value_preshift = layer->value.preshift, gate_preshift = layer->gate.preshift;
	const uint8_t *v = layer->value.weights, *b = layer->gate.weights;
	const uint8_t *value_row = layer->value.rows, *gate_row = layer->gate.rows;
	const essm_i16 *const end = residual + heads * steps;
	while (residual != end) {
		const int8_t *values = row_weights(v, heads, layer->value.bits, scratch);
		const int8_t *gates = row_weights(b, heads, layer->gate.bits, scratch + heads);
		row_sums sums;
		uint32_t t;
		if (steps == 1)
			dot_one(values, gates, g, heads, &sums);
		else
			dot_four(values, gates, g, heads, &sums);
		for (t = 0; t < steps; t++, residual++) {
			const int32_t value = essm_saturate16(finish(sums.value[t], value_preshift, value_row));
			const int32_t gate = essm_saturate16(finish(sums.gate[t], gate_preshift, gate_row));
			const int32_t open = essm_phi_of(essm_phi[ESSM_PHI_SIGMOID], gate, fraction);
			*residual = (int16_t)essm_saturate(*residual + essm_round_shift(value * open, shift), most);
		}
		v += layer->value.stride;
		b += layer->gate.stride;
		value_row += ESSM_ROW_BYTES;
		gate_row += ESSM_ROW_BYTES;
	}
}
