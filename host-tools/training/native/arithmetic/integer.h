// The operations of edge-ssm.int.v2 (docs/ARITHMETIC.md, section 1) on vectors of integers, one sample in every lane. Built with
// -fwrapv: they wrap as the arithmetic does. In the double build lanes have 64 bits, which is the same as long as nothing wraps.
#ifndef INTEGER_H
#define INTEGER_H

#include "matrix.h"

typedef mask ints;

static inline ints whole(integer x) { return x - (ints){0}; }

static inline vec to_real(ints v) { return __builtin_convertvector(v, vec); }

/** For values that are integers already. */
static inline ints to_ints(vec v) { return __builtin_convertvector(v, ints); }

static inline ints select_ints(mask m, ints yes, ints no) { return (m & yes) | (~m & no); }

// The two operations where GCC emits a dozen instructions instead of one, in the hottest code.
#if defined(__AVX512F__) && VECTOR_BYTES == 64 && !defined(REAL_DOUBLE)
#include <immintrin.h>

static inline ints clamped(ints v, integer low, integer high) {
	const __m512i floored = _mm512_max_epi32((__m512i)v, _mm512_set1_epi32(low));
	return (ints)_mm512_min_epi32(floored, _mm512_set1_epi32(high));
}

/** table[index], 64 entries: two half-table look-ups and a select. */
static inline ints look_up(const integer *table, ints index) {
	const __m512i *t = (const __m512i *)table, i = (__m512i)index;
	const __m512i low = _mm512_permutex2var_epi32(_mm512_loadu_si512(t), i, _mm512_loadu_si512(t + 1));
	const __m512i high = _mm512_permutex2var_epi32(_mm512_loadu_si512(t + 2), i, _mm512_loadu_si512(t + 3));
	return (ints)_mm512_mask_blend_epi32(_mm512_test_epi32_mask(i, _mm512_set1_epi32(32)), low, high);
}
#elif defined(__AVX2__) && VECTOR_BYTES == 32 && !defined(REAL_DOUBLE)
#include <immintrin.h>

static inline ints clamped(ints v, integer low, integer high) {
	const __m256i floored = _mm256_max_epi32((__m256i)v, _mm256_set1_epi32(low));
	return (ints)_mm256_min_epi32(floored, _mm256_set1_epi32(high));
}

static inline ints look_up(const integer *table, ints index) { return (ints)_mm256_i32gather_epi32(table, (__m256i)index, 4); }
#else
static inline ints clamped(ints v, integer low, integer high) {
	v = select_ints(v < whole(low), whole(low), v);
	return select_ints(v > whole(high), whole(high), v);
}

static inline ints look_up(const integer *table, ints index) {
	ints out;
	for (int i = 0; i < LANES; i++) out[i] = table[index[i]];
	return out;
}
#endif

/** `sat` to a maximum magnitude. */
static inline ints saturated(ints v, integer most) { return clamped(v, -most, most); }

/** Mask of lanes where v is strictly inside the limits: where a gradient passes a saturation. */
static inline mask inside(ints v, integer low, integer high) { return (v > whole(low)) & (v < whole(high)); }

/** multiply() of integers whose sums a real may not hold exactly. */
static inline void multiply_whole(
	ints *restrict out, const integer *restrict weight, const ints *restrict in, int outputs, int inputs) {
	for (int j = 0; j < outputs; j += 4)
		for (int k = 0; k < STEPS; k++) {
			ints sum[4] = {whole(0), whole(0), whole(0), whole(0)};
			for (int i = 0; i < inputs; i++)
				for (int r = 0; r < 4; r++) sum[r] += whole(weight[i * outputs + j + r]) * in[i * STEPS + k];
			for (int r = 0; r < 4; r++) out[(j + r) * STEPS + k] = sum[r];
		}
}

static inline ints round_shift(ints v, int s) { return (v + (integer)((1u << s) >> 1)) >> s; }

/** A decoded scale, 16-bit or coarse 8-bit. */
typedef struct {
	int32_t factor, shift;
} Scale;

static inline Scale scale_of(int32_t code) { return (Scale){2048 + (code & 2047), code >> 11}; }

static inline Scale coarse_scale_of(int32_t code) { return (Scale){128 + 16 * (code & 7), code >> 3}; }

static inline ints scaled(ints v, Scale c) { return round_shift(v * c.factor, c.shift); }

/** The scale as a real factor. */
static inline double scale_value(Scale c) { return ldexp(c.factor, -c.shift); }

#define INVERSE_ROOT_ENTRIES 48
#define PHI_ENTRIES 64 // each is p[i] in the low 16 bits, p[i + 1] - p[i] above

/** out = phi(table, v, fraction) in Q15. */
static inline ints phi(const integer *table, ints v, int fraction) {
	const int shift = fraction - 3;
	const ints negative = v < whole(0);
	ints a = select_ints(negative, -v, v);
	a = clamped(a, 0, 8 << fraction);
	// The last piece is evaluated to its end, which equals an entry of its own.
	const ints index = clamped(a >> shift, 0, PHI_ENTRIES - 1);
	const ints pair = look_up(table, index);
	const ints p = (pair & 0xffff) + round_shift((pair >> 16) * (a - (index << shift)), shift);
	return select_ints(negative, 32768 - p, p);
}

#endif
