/* essm_rows.h - two rows of weights times inputs of one step or several: each input is loaded once for both. */
#ifndef ESSM_ROWS_H
#define ESSM_ROWS_H

#include "essm_internal.h"

typedef struct {
	uint32_t first, second;
} essm_sums;

/* Two rows of `columns` weights, and what their sums start at. */
typedef struct {
	const int8_t *first, *second;
	uint32_t columns;
	essm_sums start;
} essm_rows;

/*
 * The sums of one step, and of several fours: input i of step t is in[i * stride + t], of 8 or of 16 bits. essm_rows.c
 */
void essm_one_i8(const essm_rows *rows, const int8_t *in, uint32_t stride, essm_sums *out);
void essm_fours_i8(const essm_rows *rows, const int8_t *in, uint32_t stride, uint32_t steps, essm_sums *out);
void essm_one_i16(const essm_rows *rows, const essm_i16 *in, uint32_t stride, essm_sums *out);
void essm_fours_i16(const essm_rows *rows, const essm_i16 *in, uint32_t stride, uint32_t steps, essm_sums *out);

/* The sums of `steps` steps, one or fours. */
ESSM_INLINE void essm_times_i8(const essm_rows *rows, const int8_t *in, uint32_t stride, uint32_t steps, essm_sums *out)
{
	if (steps == 1)
		essm_one_i8(rows, in, stride, out);
	else
		essm_fours_i8(rows, in, stride, steps, out);
}

ESSM_INLINE void essm_times_i16(const essm_rows *rows, const essm_i16 *in, uint32_t stride, uint32_t steps, essm_sums *out)
{
	if (steps == 1)
		essm_one_i16(rows, in, stride, out);
	else
		essm_fours_i16(rows, in, stride, steps, out);
}

#endif
