/* essm_rows.c - two rows of weights times inputs. */
#include "essm_rows.h"

/* Both widths: `in` is as wide as `wide` says, which the compiler knows. */
#define ESSM_AT(index) (wide ? ((const essm_i16 *)in)[index] : ((const int8_t *)in)[index])
#define ESSM_ON(count) (wide ? (const void *)((const essm_i16 *)in + (count)) : (const void *)((const int8_t *)in + (count)))

ESSM_INLINE void one(const essm_rows *rows, const void *in, uint32_t stride, const int wide, essm_sums *out)
{
	const int8_t *first = rows->first, *second = rows->second, *const end = first + rows->columns;
	essm_sums sum = rows->start;
	for (; first != end; first++, second++, in = ESSM_ON(stride))
		sum.first += (uint32_t)(*first * ESSM_AT(0)), sum.second += (uint32_t)(*second * ESSM_AT(0));
	*out = sum;
}

/* Four steps at a time: each weight is loaded once for four. */
ESSM_INLINE void fours(
	const essm_rows *rows, const void *begin, uint32_t stride, uint32_t steps, const int wide, essm_sums *out)
{
	const int8_t *const end = rows->first + rows->columns;
	const essm_sums *const last = out + steps;
	uint32_t t;
	for (; out != last; out += 4) {
		const int8_t *first = rows->first, *second = rows->second;
		const void *in = begin;
		essm_sums sum[4];
		ESSM_UNROLL for (t = 0; t < 4; t++) sum[t] = rows->start;
		for (; first != end; first++, second++, in = ESSM_ON(stride))
			ESSM_UNROLL for (t = 0; t < 4; t++)
			{
				sum[t].first += (uint32_t)(*first * ESSM_AT(t));
				sum[t].second += (uint32_t)(*second * ESSM_AT(t));
			}
		ESSM_UNROLL for (t = 0; t < 4; t++) out[t] = sum[t];
		in = begin;
		begin = ESSM_ON(4);
	}
}

ESSM_HOT void essm_one_i8(const essm_rows *rows, const int8_t *in, uint32_t stride, essm_sums *out)
{
	one(rows, in, stride, 0, out);
}

ESSM_HOT void essm_fours_i8(const essm_rows *rows, const int8_t *in, uint32_t stride, uint32_t steps, essm_sums *out)
{
	fours(rows, in, stride, steps, 0, out);
}

ESSM_HOT void essm_one_i16(const essm_rows *rows, const essm_i16 *in, uint32_t stride, essm_sums *out)
{
	one(rows, in, stride, 1, out);
}

ESSM_HOT void essm_fours_i16(const essm_rows *rows, const essm_i16 *in, uint32_t stride, uint32_t steps, essm_sums *out)
{
	fours(rows, in, stride, steps, 1, out);
}
