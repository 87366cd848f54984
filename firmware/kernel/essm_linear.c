/*
 * essm_linear.c - rows of linear maps: weights of 2, 3, 4, 6 or 8 bits times int8 or int16 inputs.
 *
 *     out = scale(round_shift(sum w input, preshift), row scale) + row bias
 */
#include "essm_internal.h"

/* The row's weights as int8: in place when they are, otherwise unpacked. */
static inline const int8_t *row_weights(const essm_linear *map, uint32_t row, uint32_t columns, int8_t *scratch)
{
	const uint8_t *packed = map->weights + row * map->stride;
	if (map->bits == 8)
		return (const int8_t *)packed;
	essm_unpack_i8(packed, columns, map->bits, scratch);
	return scratch;
}

static inline int32_t finish(const essm_linear *map, uint32_t row, uint32_t acc)
{
	const uint8_t *record = map->rows + row * ESSM_ROW_BYTES;
	return essm_add(essm_scale(essm_round_shift((int32_t)acc, map->preshift), essm_read16(record)), (int16_t)essm_read16(record + 2));
}

/* One row over int16 inputs: encoder and decoder. */
ESSM_HOT int32_t essm_row16(const essm_linear *map, uint32_t row, const essm_i16 *input, uint32_t columns, int8_t *scratch)
{
	const int8_t *w = row_weights(map, row, columns, scratch);
	uint32_t acc = 0;
	uint32_t i;
	for (i = 0; i < columns; i++)
		acc += (uint32_t)(w[i] * input[i]);
	return finish(map, row, acc);
}

/* A value row and its gate row over g, in one pass so that g is loaded once. */
ESSM_HOT void essm_row_pair(const essm_layer *layer, uint32_t row, const int8_t *g, uint32_t columns, int8_t *scratch, int32_t out[2])
{
	const int8_t *v = row_weights(&layer->value, row, columns, scratch);
	const int8_t *b = row_weights(&layer->gate, row, columns, scratch + columns);
	uint32_t acc_v = 0, acc_b = 0;
	uint32_t i = columns;
	for (; i >= 4; i -= 4) {
		const int32_t g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];
		acc_v += (uint32_t)(v[0] * g0 + v[1] * g1 + v[2] * g2 + v[3] * g3);
		acc_b += (uint32_t)(b[0] * g0 + b[1] * g1 + b[2] * g2 + b[3] * g3);
		g += 4;
		v += 4;
		b += 4;
	}
	for (; i; i--) {
		acc_v += (uint32_t)(*v++ * *g);
		acc_b += (uint32_t)(*b++ * *g++);
	}
	out[0] = essm_saturate16(finish(&layer->value, row, acc_v));
	out[1] = essm_saturate16(finish(&layer->gate, row, acc_b));
}
