/*
 * essm_normalize.c - norms over the heads of a step: (residual - mean) / sqrt(sum of squares + epsilon) in Q17, which is less
 * than 2^18 as no deviation is greater than the root of the sum; then a scale and a zero per head.
 *
 * Sums of 1,024 residuals of 16 bits times 64 fit 32 bits; squares take 41.
 */
#include "essm_normalize.h"

/* One step: a residual r becomes ((64 r - mean) (high 2^8 + low)) >> 8 >> shift. */
typedef struct {
	int32_t mean, high, low, half; /* half: the rounding term of the shift */
	uint32_t shift;
} measure;

ESSM_COLD const uint8_t *essm_norm_open(essm_checker *checker, uint32_t epsilon, const uint8_t *after)
{
	if (!epsilon)
		return essm_refuse(checker, ESSM_E_PRECISION); /* B22 */
	return essm_check_end(checker, after);
}

/*
 * The inverse square root of high 2^16 + low, which is 1 to 2^42 - 1: a table of 48 entries gives 1 / sqrt(W) to 5 %, one
 * correction of second order to 2^-15. The result, Q15, is halved `exponent` times.
 */
ESSM_HOT static void measure_root(measure *step, uint32_t high, int32_t low)
{
	int32_t exponent = 16, error, correction;
	uint32_t word, first, root;
	high += (uint32_t)(low >> 16);
	word = high << 16 | (low & 0xffff);
	if (high > 0xffff)
		word = high << 6 | (low & 0xffff) >> 10, exponent = 21;
	for (; word < 1u << 24; word <<= 8)
		exponent -= 4;
	for (; word < 1u << 30; word <<= 2)
		exponent--;
	first = essm_inverse_root[(word >> 26) - 16];
	error = (int32_t)(0u - (word >> 14) * (first * first)) >> 14; /* 1 - W first^2: Q32, then Q18 */
	correction = (error >> 1) + (3 * error * error >> 21);
	root = (first << 8) + (uint32_t)(((int32_t)first * correction + 512) >> 10);
	for (; exponent < 4; exponent++)
		root <<= 1;
	step->high = (int32_t)(root >> 8);
	step->low = (int32_t)(root & 255);
	step->shift = (uint32_t)(exponent - 4);
	step->half = (int32_t)essm_half(step->shift);
}

/* Measures each step in one go over the heads: the squares about `near` follow from those about 0. */
ESSM_HOT static void measure_steps(const essm_pass *pass, const essm_norm *norm, measure *step)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	uint32_t t;
	for (t = 0; t < steps; t++, step++) {
		const essm_i16 *residual = pass->residual + t, *const end = residual + heads * steps;
		int32_t sum = 0, near, rest, about;
		uint64_t squares = norm->epsilon;
		for (; residual != end; residual += steps) {
			const int32_t r = *residual;
			sum += r;
			squares += (uint32_t)(r * r);
		}
		step->mean = norm->centred ? essm_floor_divide(sum * 64 + (int32_t)(heads >> 1), (int32_t)heads) : 0;
		near = (step->mean + 32) >> 6;
		rest = step->mean - near * 64;
		/* near times a number of 28 bits, in two products of 32 */
		about = (int32_t)heads * near - 2 * sum;
		squares += ((uint64_t)(int64_t)(near * (about >> 12)) << 12) + (uint64_t)(int64_t)(near * (about & 4095));
		measure_root(step, (uint32_t)(squares >> 16), (int32_t)(squares & 0xffff) - ((int32_t)heads * rest * rest >> 12));
	}
}

/* Each residual normalized, scaled and moved, in 2^-`down` of the units of `out`, which may be the residual stream itself. */
ESSM_HOT static void normalize(const essm_pass *pass, const essm_norm *norm, uint32_t down, int32_t max, essm_i16 *out)
{
	const essm_i16 *residual = pass->residual;
	measure found[ESSM_BLOCK];
	uint32_t h;
	measure_steps(pass, norm, found);
	for (h = 0; h < pass->heads; h++) {
		const int32_t zero = ((const essm_i16 *)(const void *)norm->zero)[h] + (int32_t)essm_half(down);
		const essm_i16 *const end = out + pass->steps;
		const measure *step = found;
		essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)norm->scale)[h]);
		if (essm_code(norm->negative, h, 1))
			scale.mantissa = -scale.mantissa;
		for (; out != end; out++, residual++, step++) {
			const int32_t d = *residual * 64 - step->mean;
			const int32_t v = (d * step->high + (d * step->low >> 8) + step->half) >> step->shift;
			*out = (int16_t)essm_saturate((essm_scale(v, scale) + zero) >> down, max);
		}
	}
}

ESSM_HOT void essm_norm_to_u(essm_pass *pass, const essm_norm *norm, uint32_t bits)
{
	normalize(pass, norm, 8, essm_symmetric_max(bits), pass->signal);
}

ESSM_HOT void essm_norm_residual(essm_pass *pass, const essm_norm *norm)
{
	normalize(pass, norm, 0, pass->residual_max, pass->residual);
}
