/*
 * essm_normalize.c - norms over the heads of a step: (residual - mean) / sqrt(sum of squares + epsilon) in Q17, below 2^18
 * because no deviation exceeds the root of the sum; then a scale and a zero per head.
 *
 * Sums of 1,024 residuals of 16 bits times 64 fit 32 bits; squares take 41.
 */
#include "essm_normalize.h"

/* One step: a residual r becomes ((64 r - mean) (high 2^8 + low)) >> 8 >> shift. */
typedef struct {
	int32_t mean, high, low, half; /* half: the rounding term of the shift */
	uint32_t shift;
} measure;

/*
 * The inverse square root of high 2^16 + low, 1 to 2^42 - 1: a table of 48 entries gives 1 / sqrt(W) to 5 %, one second-order
 * correction to 2^-15. The result, Q15, is halved `exponent` times.
 */
ESSM_COLD ESSM_APART static void measure_root(measure *step, uint32_t high, int32_t low)
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

/* Measures each step in one pass over the heads: the squares about `near` follow from those about 0. */
ESSM_LOOP static void measure_steps(const essm_pass *pass, uint32_t epsilon, int centred, measure *step)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	uint32_t t;
	for (t = 0; t < steps; t++, step++) {
		const essm_i16 *residual = pass->residual + t, *const end = residual + heads * steps;
		int32_t sum = 0, near, rest, about, coarse, fine;
		uint32_t high = epsilon >> 16, low = epsilon & 0xffff; /* squares: high 2^16 + low */
		for (; residual != end; residual += steps) {
			const int32_t r = *residual;
			sum += r;
			high += (uint32_t)(r * r) >> 16;
			low += (uint32_t)(r * r) & 0xffff;
		}
		step->mean = centred ? essm_floor_divide(sum * 64 + (int32_t)(heads >> 1), (int32_t)heads) : 0;
		near = (step->mean + 32) >> 6;
		rest = step->mean - near * 64;
		/* near times a number of 28 bits, in two products of 32 */
		about = (int32_t)heads * near - 2 * sum;
		coarse = near * (about >> 12); /* 2^12 of them are 2^-4 of high */
		fine = near * (about & 4095);
		high += (uint32_t)(coarse >> 4) + (uint32_t)(fine >> 16);
		low += (uint32_t)((coarse & 15) << 12) + (uint32_t)(fine & 0xffff);
		measure_root(step, high, (int32_t)low - ((int32_t)heads * rest * rest >> 12));
	}
}

/*
 * Normalizes, scales and offsets each residual, in 2^-`down` of the units of `out`, which may be the residual stream itself.
 * `centred`: the mean is taken off. Returns where the next component begins.
 */
ESSM_LOOP static const uint8_t *normalize(
	const essm_pass *pass, const uint8_t *at, int centred, uint32_t down, int32_t max, essm_i16 *out)
{
	essm_layer_post_parts parts;
	const uint8_t *const after = essm_layer_post_view(at, pass->heads, &parts);
	const essm_i16 *residual = pass->residual;
	measure found[ESSM_BLOCK];
	uint32_t h;
	measure_steps(pass, parts.header->epsilon, centred, found);
	for (h = 0; h < pass->heads; h++) {
		const int32_t zero = ((const essm_i16 *)(const void *)parts.zero)[h] + (int32_t)essm_half(down);
		const essm_i16 *const end = out + pass->steps;
		const measure *step = found;
		essm_factor scale = essm_factor_of(((const essm_u16 *)(const void *)parts.scale)[h]);
		if (essm_code(parts.negative, h, 1))
			scale.mantissa = -scale.mantissa;
		for (; out != end; out++, residual++, step++) {
			const int32_t d = *residual * 64 - step->mean;
			const int32_t v = (d * step->high + (d * step->low >> 8) + step->half) >> step->shift;
			*out = (int16_t)essm_saturate((essm_scale(v, scale) + zero) >> down, max);
		}
	}
	return after;
}

/* Before a mixer, a norm's width comes first; the rest is laid out as after a channel mixer. */
enum { WIDTH = offsetof(essm_layer_norm_header, epsilon) };
ESSM_ASSERT(norms_alike, sizeof(essm_layer_norm_header) - WIDTH == sizeof(essm_layer_post_header));

ESSM_COLD const uint8_t *essm_norm_open(essm_checker *checker, const uint8_t *at)
{
	return essm_post_open(checker, at + WIDTH);
}

ESSM_COLD const uint8_t *essm_post_open(essm_checker *checker, const uint8_t *at)
{
	essm_layer_post_parts parts;
	const uint8_t *const after = essm_layer_post_view(at, checker->heads, &parts);
	if (!parts.header->epsilon)
		return essm_refuse(checker, ESSM_E_PRECISION); /* B22 */
	return essm_check_end(checker, after);
}

ESSM_COLD const uint8_t *essm_norm_run(essm_pass *pass, const uint8_t *at, int centred)
{
	const essm_layer_norm_header *header = (const essm_layer_norm_header *)(const void *)at;
	return normalize(pass, at + WIDTH, centred, 8, essm_symmetric_max(header->bits), pass->signal);
}

ESSM_COLD const uint8_t *essm_post_run(essm_pass *pass, const uint8_t *at, int centred)
{
	return normalize(pass, at, centred, 0, pass->residual_max, pass->residual);
}
