// The number type of the trainer and vectors of it: one sample of the batch in every lane. Chosen at build: float, or double
// for gradient checks (REAL_DOUBLE); as wide as the machine's registers. GCC and Clang vector extensions, no intrinsics.
#ifndef REAL_H
#define REAL_H

#include <math.h>
#include <stdint.h>

#ifndef VECTOR_BYTES
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#endif

#ifdef REAL_DOUBLE
typedef double real;
typedef int64_t integer;
#else
typedef float real;
typedef int32_t integer;
#endif

typedef real vec __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef integer mask __attribute__((vector_size(VECTOR_BYTES), may_alias));
#define LANES ((int)(VECTOR_BYTES / sizeof(real)))

static inline vec splat(real x) { return x - (vec){0}; }

/** `x` where the mask is set, 0 elsewhere. */
static inline vec keep(mask m, vec x) { return (vec)(m & (mask)x); }

static inline vec choose(mask m, vec yes, vec no) { return (vec)((m & (mask)yes) | (~m & (mask)no)); }

/** e^x in every lane, relative error below 2e-7 for float; x is clamped to where the result is a normal number. */
static inline vec exponential(vec x) {
#ifdef REAL_DOUBLE
	vec y;
	for (int i = 0; i < LANES; i++) y[i] = exp(x[i]);
	return y;
#else
	const vec low = splat(-87.0f), high = splat(88.0f);
	x = choose(x < low, low, x);
	x = choose(x > high, high, x);
	// x = n ln 2 + r, |r| <= ln 2 / 2; adding 1.5 * 2^23 rounds to the integer n and leaves it in the low bits.
	const vec shifted = x * 1.44269504f + 12582912.0f;
	const vec n = shifted - 12582912.0f;
	const vec r = x - n * 0.693359375f - n * -2.12194440e-4f;
	vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1.0f;
	return (vec)((mask)p + ((mask)shifted << 23));
#endif
}

static inline vec square_root(vec x) {
	vec y;
#ifdef REAL_DOUBLE
	for (int i = 0; i < LANES; i++) y[i] = sqrt(x[i]);
#else
	for (int i = 0; i < LANES; i++) y[i] = sqrtf(x[i]);
#endif
	return y;
}

/** Clamps x to [low, high]. */
static inline vec clip(vec x, real low, real high) {
	x = choose(x < splat(low), splat(low), x);
	return choose(x > splat(high), splat(high), x);
}

static inline vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }

/** Phi(x) of the normal distribution; float: Abramowitz and Stegun 7.1.26, absolute error below 2e-7. */
static inline vec normal_cdf(vec x) {
#ifdef REAL_DOUBLE
	vec y;
	for (int i = 0; i < LANES; i++) y[i] = 0.5 * erfc(-x[i] * M_SQRT1_2);
	return y;
#else
	const vec magnitude = (vec)((mask)x & 0x7fffffff) * 0.70710678f;
	const vec t = 1.0f / (1.0f + 0.3275911f * magnitude);
	vec p = t * 1.061405429f - 1.453152027f;
	p = p * t + 1.421413741f;
	p = p * t - 0.284496736f;
	p = p * t + 0.254829592f;
	const vec upper = 0.5f * p * t * exponential(-magnitude * magnitude);
	return choose(x < splat(0), upper, 1.0f - upper);
#endif
}

#endif
