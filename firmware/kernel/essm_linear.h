/*
 * essm_linear.h - rows of linear maps: out = scale(round_shift(sum w input, preshift), row scale) + row bias.
 */
#ifndef ESSM_LINEAR_H
#define ESSM_LINEAR_H

#include "essm_internal.h"

/* One output row; `sums` of each step start at the rounding term. */
typedef struct {
	const int8_t *weights;
	essm_factor scale;
	int32_t bias;
	uint32_t preshift;
} essm_row;

/* Row `index` of `columns` weights, unpacked to `rows` where they are not of 8 bits. essm_linear.c */
essm_row essm_find_row(const essm_linear *map, uint32_t index, uint32_t columns, int8_t *rows);

/* A sum that started at the rounding term, in units of the output. */
static inline int32_t essm_finish_row(uint32_t sum, const essm_row *row)
{
	return essm_add(essm_scale((int32_t)sum >> row->preshift, row->scale), row->bias);
}

/* A row times `columns` inputs of 16 bits. essm_linear.c */
int32_t essm_row_times16(const essm_row *row, const essm_i16 *input, uint32_t columns);

#endif
