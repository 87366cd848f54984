/*
 * essm_linear.h - rows of linear maps: out = scale(round_shift(sum w input, preshift), row scale) + row bias.
 */
#ifndef ESSM_LINEAR_H
#define ESSM_LINEAR_H

#include "essm_internal.h"

/* From a row's sum, which starts at the preshift's rounding term, to its output. */
typedef struct {
	essm_factor scale;
	int32_t bias;
	uint32_t preshift;
} essm_row;

/* `header` is that of the map, in registers. */
static inline essm_row essm_find_row(const essm_linear *map, essm_map_header header, uint32_t index)
{
	essm_row row;
	row.scale = essm_coarse_factor_of(map->scale[index]);
	row.bias = header.bias_bits == 16 ? ((const essm_i16 *)(const void *)map->bias)[index]
									  : (int8_t)map->bias[index] * (1 << header.bias_shift);
	row.preshift = header.preshift;
	return row;
}

static inline int32_t essm_finish_row(uint32_t sum, const essm_row *row)
{
	return essm_add(essm_scale((int32_t)sum >> row->preshift, row->scale), row->bias);
}

/* A row's weights times `columns` inputs of 16 bits. */
static inline int32_t essm_row_times(const essm_row *row, const int8_t *weights, const essm_i16 *in, uint32_t columns)
{
	const int8_t *const end = weights + columns;
	uint32_t sum = essm_half(row->preshift);
	do
		sum += (uint32_t)(*weights++ * *in++);
	while (weights != end);
	return essm_finish_row(sum, row);
}

/* A head whose outputs, `least` to 1,024, are a map of the pooled stream: its check, and its outputs. essm_linear.c */
const uint8_t *essm_open_readout(
	essm_checker *checker, const essm_linear *map, uint32_t outputs, uint32_t least, uint32_t pooling, const uint8_t *after);
void essm_read_out(essm_pass *pass, const essm_linear *map, uint32_t outputs);

#endif
