/* essm_rows.c - two rows of weights times inputs. */
#include "essm_rows.h"

/* What a word's sum begins with: 32,767 for the first row, so that it never borrows, and -1 for the second. */
enum { WORD_START = 32767 - 65536 };

static inline essm_sums take_apart(uint32_t sum, essm_sums start)
{
	start.first += (sum & 0xffff) - 32767;
	start.second += (uint32_t)((int32_t)sum >> 16) + 1;
	return start;
}

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

ESSM_COLD void essm_need_row_pairs(essm_checker *checker, uint32_t beside, uint32_t pairs, uint32_t columns,
	uint32_t first_bits, uint32_t second_bits, int wide)
{
	const uint32_t bytes = essm_row_bytes(columns, first_bits) + essm_row_bytes(columns, second_bits);
	if (!wide && essm_share_words(columns, first_bits, second_bits))
		essm_need_rows(checker, beside, pairs * 4 * columns);
	else
		essm_need_rows(checker, beside + bytes, pairs * bytes);
}

/* As a row in essm_unpack.c. */
ESSM_HOT static void unpack_words(const uint8_t *first, const uint8_t *second, uint32_t count, uint32_t bits, essm_i32 *out)
{
	const essm_i32 *const end = out + count;
	const uint32_t up = 32 - bits;
	for (;; first += 3, second += 3) {
		uint32_t low = essm_bits(first, 0) | 1u << 24, high = essm_bits(second, 0);
		for (; low != 1; low >>= bits, high >>= bits) {
			if (out == end)
				return;
			*out++ = ((int32_t)(low << up) >> up) + ((int32_t)(high << up) >> (up - 16));
		}
	}
}

ESSM_HOT ESSM_APART static void one_step(const essm_rows *rows, const int8_t *first, const int8_t *second, essm_sums *out)
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

ESSM_HOT ESSM_APART static void one_step_of_words(const essm_rows *rows, const essm_i32 *words, essm_sums *out)
{
	const essm_i32 *const end = words + rows->columns, *const fours = words + (rows->columns & ~3u);
	const essm_i16 *in = rows->in;
	uint32_t sum = (uint32_t)WORD_START, i;
	for (; words != fours; words += 4, in += 4)
		ESSM_UNROLL for (i = 0; i < 4; i++) sum += (uint32_t)words[i] * (uint32_t)in[i];
	for (; words != end; words++, in++)
		sum += (uint32_t)*words * (uint32_t)*in;
	*out = take_apart(sum, rows->start);
}

/*
 * Eight steps at a time, their sums in registers: each weight is loaded once for all of them. What is computed for steps after
 * the last is for nobody.
 */
ESSM_HOT ESSM_APART static void eights(
	const essm_rows *rows, const int8_t *first, const int8_t *second, uint32_t steps, essm_sums *out)
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

ESSM_HOT ESSM_APART static void eights_of_words(const essm_rows *rows, const essm_i32 *words, uint32_t steps, essm_sums *out)
{
	const essm_sums *const last = out + steps;
	const essm_i16 *begin = rows->in;
	uint32_t t;
	for (; out < last; begin += 8) {
		const essm_i32 *word = words, *const end = words + rows->columns;
		const essm_i16 *in = begin;
		const uint32_t stride = rows->stride;
		uint32_t sum[8];
		ESSM_UNROLL for (t = 0; t < 8; t++) sum[t] = (uint32_t)WORD_START;
		for (; word != end; in += stride) {
			const uint32_t weights = (uint32_t)*word++;
			ESSM_UNROLL for (t = 0; t < 8; t++) sum[t] += weights * (uint32_t)in[t];
		}
		ESSM_UNROLL for (t = 0; t < 8; t++) out[t].first = sum[t];
		for (t = 0; t < 8; t++, out++)
			*out = take_apart(out->first, rows->start);
	}
}

/* Words that are not kept are on the stack. */
ESSM_HOT ESSM_APART static void times_words(
	essm_pass *pass, const essm_rows *rows, const uint8_t *first, const uint8_t *second, uint32_t steps, essm_sums *out)
{
	essm_i32 here[ESSM_WORDS], *const words = pass->keep ? essm_take_row(pass, 4 * rows->columns) : here;
	if (pass->unpack)
		unpack_words(first, second, rows->columns, rows->first_bits, words);
	if (steps == 1 && rows->stride == 1)
		one_step_of_words(rows, words, out);
	else
		eights_of_words(rows, words, steps, out);
}

ESSM_HOT void essm_times(essm_pass *pass, const essm_rows *rows, uint32_t index, uint32_t steps, essm_sums *out)
{
	const uint8_t *const first = rows->first + index * rows->first_stride;
	const uint8_t *const second = rows->second + index * rows->second_stride;
	const int8_t *w = (const int8_t *)first, *z = (const int8_t *)second;
	essm_next_rows(pass);
	if (rows->words) {
		times_words(pass, rows, first, second, steps, out);
		return;
	}
	if (rows->first_bits != 8)
		w = essm_row_of(pass, first, rows->columns, rows->first_bits);
	if (rows->second_bits != 8)
		z = essm_row_of(pass, second, rows->columns, rows->second_bits);
	if (steps == 1 && rows->stride == 1)
		one_step(rows, w, z, out);
	else
		eights(rows, w, z, steps, out);
}
