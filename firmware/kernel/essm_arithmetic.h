/*
 * essm_arithmetic.h - the primitives of docs/ARITHMETIC.md, sections 1 and 2.
 *
 * Every value is an int32 and every sum or product wraps modulo 2^32. The packer proves that a valid network never wraps; for
 * hostile blobs wrapping avoids undefined behaviour, so sums and products that a blob controls go through uint32_t. Right
 * shifts of negative numbers are arithmetic and conversions to int32_t are modulo 2^32, as on every compiler the project builds
 * with.
 */
#ifndef ESSM_ARITHMETIC_H
#define ESSM_ARITHMETIC_H

#include "essm_bits.h"

static inline int32_t essm_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
static inline int32_t essm_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* Rounding term of a right shift by s, 0 to 31: 2^(s-1), 0 for s = 0. */
static inline uint32_t essm_half(uint32_t s) { return (1u << s) >> 1; }

/* floor((v + 2^(s-1)) / 2^s); s 0 to 31 */
static inline int32_t essm_round_shift(int32_t v, uint32_t s) { return essm_add(v, (int32_t)essm_half(s)) >> s; }

/* A decoded scale, for loops: v * (2048 + f) * 2^-s, scale = s << 11 | f; |v| < 2^18 */
typedef struct {
	int32_t mantissa;
	uint32_t shift;
} essm_factor;

static inline essm_factor essm_factor_of(uint32_t scale)
{
	/* the first term is f - 2048; in this form compilers keep to words */
	const essm_factor factor = {(int32_t)(scale | ~2047u) + 4096, scale >> 11};
	return factor;
}

/* A coarse scale of 8 bits, s << 3 | f, with a lift of 0 to 24: v * (8 + f) * 2^(lift-s) */
static inline essm_factor essm_lifted_factor_of(uint32_t scale, uint32_t lift)
{
	const essm_factor factor = {(int32_t)((8 + (scale & 7)) << lift), scale >> 3};
	return factor;
}

/* One with the usual lift, 4; |v| < 2^22 */
static inline essm_factor essm_coarse_factor_of(uint32_t scale) { return essm_lifted_factor_of(scale, 4); }

static inline int32_t essm_scale(int32_t v, essm_factor factor)
{
	return essm_round_shift(essm_mul(v, factor.mantissa), factor.shift);
}

/* v clamped to low..high; one comparison in the common case, when nothing is clamped */
static inline int32_t essm_clamp(int32_t v, int32_t low, int32_t high)
{
	if (ESSM_RARELY((uint32_t)v - (uint32_t)low > (uint32_t)high - (uint32_t)low))
		return v < low ? low : high;
	return v;
}

/* v clamped to -max..max */
static inline int32_t essm_saturate(int32_t v, int32_t max)
{
	if (ESSM_RARELY((uint32_t)v + (uint32_t)max > 2 * (uint32_t)max))
		return ((v >> 31) ^ max) - (v >> 31);
	return v;
}
static inline int32_t essm_saturate16(int32_t v) { return essm_saturate(v, 32767); }

/* largest value of a symmetric format of `bits` bits */
static inline int32_t essm_symmetric_max(uint32_t bits) { return (int32_t)((1u << (bits - 1)) - 1); }

/* A segment of a table of Phi, from i / 8 on: base + 8 slope v, Q15; exact at both ends. */
typedef struct {
	uint16_t base, slope;
} essm_segment;

/* Tables: essm_tables.c */
extern const essm_segment essm_phi[4][65];  /* by the tables of an activation of kind gelu */
extern const essm_segment essm_gate[2][65]; /* by the tables of a glu */
extern const int16_t essm_cosine[258];
extern const uint16_t essm_radius[256];
extern const uint8_t essm_gain[16];
extern const uint8_t essm_inverse_root[48];

/*
 * Phi(v) in Q15, 0 to 32768, for v of 17 bits with `fraction` fractional bits, 3 to 12. Phi(-v) is 32768 - Phi(v); the last
 * segment is level.
 */
ESSM_INLINE int32_t essm_phi_of(const essm_segment *table, int32_t v, uint32_t fraction)
{
	const uint32_t shift = fraction - 3; /* a segment is 1/8 wide */
	int32_t size = v, phi;
	uint32_t i;
	if (v < 0) {
		size = -v;
		ESSM_IN_ORDER; /* a branch is cheaper than arithmetic */
	}
	i = (uint32_t)size >> shift; /* where segments meet, both say the same */
	if (ESSM_RARELY(i > 64))
		i = 64;
	phi = (table[i].slope * size + (table[i].base << shift) + (int32_t)essm_half(shift)) >> shift;
	return v < 0 ? 32768 - phi : phi;
}

/* Increments of the dither's word from step to step and from mode to mode: 2^32 / golden ratio, 2^32 / plastic ratio. */
#define ESSM_DITHER_STEP 0x9e3779b9u
#define ESSM_DITHER_MODE 0xc13fa9a9u

#endif
