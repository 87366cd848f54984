/* essm_rows.c - two rows of weights times inputs. */
#include "essm_rows.h"

ESSM_COLD void essm_rows_of(
	essm_rows *rows, const uint8_t *matrix, uint32_t stride, uint32_t columns, uint32_t bits, uint32_t start)
{
	rows->first = matrix;
	rows->second = matrix + stride;
	rows->first_bits = rows->second_bits = bits;
	rows->first_stride = rows->second_stride = 2 * stride;
	rows->columns = columns;
	rows->words = 0;
	rows->start.first = rows->start.second = start;
}

ESSM_COLD void essm_begin_rows(const essm_pass *pass, essm_rows *rows, uint32_t steps)
{
	const int one = steps == 1 && rows->stride == 1;
	rows->ready = 0;
	if ((rows->first_bits & rows->second_bits) == 8)
		rows->ready = one ? ESSM_ONE_STEP : ESSM_SEVERAL;
	else if (rows->words && one && !pass->unpack)
		rows->ready = ESSM_KEPT_WORDS;
}

ESSM_COLD void essm_need_row_pairs(essm_checker *checker, uint32_t beside, uint32_t pairs, uint32_t columns,
	uint32_t first_bits, uint32_t second_bits, int wide)
{
	const uint32_t bytes = essm_row_bytes(columns, first_bits) + essm_row_bytes(columns, second_bits);
	if (!wide && essm_share_words(columns, first_bits, second_bits))
		essm_need_rows(checker, beside, pairs * 4 * columns);
	else
		essm_need_rows(checker, beside + bytes, pairs * bytes);
}

ESSM_LOOP void essm_one_step(const essm_rows *rows, const int8_t *first, const int8_t *second, essm_sums *out)
{
	const int8_t *const end = first + rows->columns, *const fours = first + (rows->columns & ~3u);
	const essm_i16 *in = rows->in;
	essm_sums sum = rows->start;
	uint32_t i;
	for (; first != fours; first += 4, second += 4, in += 4)
		ESSM_UNROLL for (i = 0; i < 4; i++) sum.first += (uint32_t)(first[i] * in[i]),
			sum.second += (uint32_t)(second[i] * in[i]);
	for (; first != end; first++, second++, in++)
		sum.first += (uint32_t)(*first * *in), sum.second += (uint32_t)(*second * *in);
	*out = sum;
}

/*
 * Eight steps at a time, their sums in registers: each weight is loaded once for all of them. Results past the last step are
 * ignored.
 */
ESSM_LOOP static void eights(const essm_rows *rows, const int8_t *first, const int8_t *second, uint32_t steps, essm_sums *out)
{
	const essm_sums *const last = out + steps;
	const essm_i16 *begin = rows->in;
	uint32_t t;
	for (; out < last; out += 8, begin += 8) {
		const int8_t *w = first, *z = second, *const end = w + rows->columns;
		const essm_i16 *in = begin;
		const uint32_t stride = rows->stride;
		essm_sums sum[8];
		ESSM_UNROLL for (t = 0; t < 8; t++) sum[t] = rows->start;
		for (; w != end; in += stride) {
			const int32_t weight = *w++, other = *z++;
			ESSM_UNROLL for (t = 0; t < 8; t++)
			{
				sum[t].first += (uint32_t)(weight * in[t]);
				sum[t].second += (uint32_t)(other * in[t]);
				if (t & 1)
					ESSM_IN_ORDER;
			}
		}
		ESSM_UNROLL for (t = 0; t < 8; t++) out[t] = sum[t];
	}
}

void essm_times_bytes(const essm_rows *rows, const int8_t *first, const int8_t *second, uint32_t steps, essm_sums *out)
{
	if (steps == 1 && rows->stride == 1)
		essm_one_step(rows, first, second, out);
	else
		eights(rows, first, second, steps, out);
}

ESSM_COLD ESSM_APART static void times_any(
	essm_pass *pass, const essm_rows *rows, const uint8_t *first, const uint8_t *second, uint32_t steps, essm_sums *out)
{
	const int8_t *w = (const int8_t *)first, *z = (const int8_t *)second;
	essm_next_rows(pass);
	if (rows->words) {
		essm_times_words(pass, rows, first, second, steps, out);
		return;
	}
	if (rows->first_bits != 8)
		w = essm_row_of(pass, first, rows->columns, rows->first_bits);
	if (rows->second_bits != 8)
		z = essm_row_of(pass, second, rows->columns, rows->second_bits);
	essm_times_bytes(rows, w, z, steps, out);
}

ESSM_HOT void essm_times(essm_pass *pass, const essm_rows *rows, uint32_t index, uint32_t steps, essm_sums *out)
{
	const uint8_t *const first = rows->first + index * rows->first_stride;
	const uint8_t *const second = rows->second + index * rows->second_stride;
	if (rows->ready == ESSM_ONE_STEP)
		essm_one_step(rows, (const int8_t *)first, (const int8_t *)second, out);
	else if (rows->ready == ESSM_SEVERAL)
		eights(rows, (const int8_t *)first, (const int8_t *)second, steps, out);
	else if (rows->ready)
		essm_one_step_of_words(rows, essm_take_row(pass, 4 * rows->columns), out);
	else
		times_any(pass, rows, first, second, steps, out);
}

ESSM_HOT void essm_each_of_rows(
	essm_pass *pass, essm_rows *rows, uint32_t count, uint32_t steps, essm_each_row each, const void *context)
{
	essm_sums found[ESSM_BLOCK];
	uint32_t row;
	essm_begin_rows(pass, rows, steps);
	for (row = 0; row < count; row += 2) {
		if (row + 1 == count)
			rows->second = rows->first; /* an odd last row is taken twice */
		essm_times(pass, rows, row / 2, steps, found);
		each(context, row, &found->first);
		if (row + 1 < count)
			each(context, row + 1, &found->second);
	}
}
