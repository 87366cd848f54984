/* essm_linear.c - a row of a linear map over inputs of 16 bits, as encoders and heads have them. */
#include "essm_linear.h"

ESSM_HOT essm_row essm_find_row(const essm_linear *map, uint32_t index, uint32_t columns, int8_t *rows)
{
	const uint8_t *weights = map->weights + index * map->stride;
	essm_row row;
	row.scale = essm_coarse_factor_of(map->scale[index]);
	row.bias = map->header->bias_bits == 16 ? ((const essm_i16 *)(const void *)map->bias)[index]
											: (int8_t)map->bias[index] * (1 << map->header->bias_shift);
	row.preshift = map->header->preshift;
	row.weights = map->header->bits == 8 ? (const int8_t *)weights : essm_unpack_i8(weights, columns, map->header->bits, rows);
	return row;
}

ESSM_HOT int32_t essm_row_times16(const essm_row *row, const essm_i16 *input, uint32_t columns)
{
	const int8_t *w = row->weights, *const end = w + columns;
	uint32_t sum = essm_half(row->preshift);
	while (w != end)
		sum += (uint32_t)(*w++ * *input++);
	return essm_finish_row(sum, row);
}
