/*
 * essm_words.c - two low-bit rows that share words, second 2^16 + first: one multiplication serves both. Without fast paths
 * they are unpacked into the same place as two byte rows.
 */
#include "essm_rows.h"

#ifndef ESSM_WITHOUT_FAST_PATHS

/* Start value of a word's sum: 32,767 for the first row, so that it never borrows, and -1 for the second. */
enum { WORD_START = 32767 - 65536 };

static inline essm_sums take_apart(uint32_t sum, essm_sums start)
{
	start.first += (sum & 0xffff) - 32767;
	start.second += (uint32_t)((int32_t)sum >> 16) + 1;
	return start;
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

ESSM_LOOP void essm_one_step_of_words(const essm_rows *rows, const void *kept, essm_sums *out)
{
	const essm_i32 *words = kept;
	const essm_i32 *const end = words + rows->columns, *const fours = words + (rows->columns & ~3u);
	const essm_i16 *in = rows->in;
	uint32_t sum = (uint32_t)WORD_START, i;
	for (; words != fours; words += 4, in += 4)
		ESSM_UNROLL for (i = 0; i < 4; i++) sum += (uint32_t)words[i] * (uint32_t)in[i];
	for (; words != end; words++, in++)
		sum += (uint32_t)*words * (uint32_t)*in;
	*out = take_apart(sum, rows->start);
}

ESSM_LOOP static void eights_of_words(const essm_rows *rows, const essm_i32 *words, uint32_t steps, essm_sums *out)
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
ESSM_HOT void essm_times_words(
	essm_pass *pass, const essm_rows *rows, const uint8_t *first, const uint8_t *second, uint32_t steps, essm_sums *out)
{
	essm_i32 here[ESSM_WORDS], *const words = pass->keep ? essm_take_row(pass, 4 * rows->columns) : here;
	if (pass->unpack)
		unpack_words(first, second, rows->columns, rows->first_bits, words);
	if (steps == 1 && rows->stride == 1)
		essm_one_step_of_words(rows, words, out);
	else
		eights_of_words(rows, words, steps, out);
}

#else

ESSM_HOT void essm_one_step_of_words(const essm_rows *rows, const void *kept, essm_sums *out)
{
	essm_one_step(rows, kept, (const int8_t *)kept + 2 * rows->columns, out);
}

ESSM_HOT void essm_times_words(
	essm_pass *pass, const essm_rows *rows, const uint8_t *first, const uint8_t *second, uint32_t steps, essm_sums *out)
{
	int8_t here[4 * ESSM_WORDS], *const row = pass->keep ? essm_take_row(pass, 4 * rows->columns) : here;
	int8_t *const other = row + 2 * rows->columns;
	if (pass->unpack) {
		essm_unpack(first, rows->columns, rows->first_bits, row);
		essm_unpack(second, rows->columns, rows->second_bits, other);
	}
	essm_times_bytes(rows, row, other, steps, out);
}

#endif
