// The operations of edge-ssm.int.v1 (docs/ARITHMETIC.md, section 1) on vectors of integers, one sample in every lane. Built with
// -fwrapv: they wrap as the arithmetic does. In the double build lanes have 64 bits, which is the same as long as nothing wraps.
#ifndef INTEGER_H
#define INTEGER_H

#include "real.h"

typedef mask ints;

static inline ints whole(integer x) { return x - (ints){0}; }

static inline vec to_real(ints v) { return __builtin_convertvector(v, vec); }

/** Of numbers that are whole already. */
static inline ints to_ints(vec v) { return __builtin_convertvector(v, ints); }

static inline ints select_ints(mask m, ints yes, ints no) { return (m & yes) | (~m & no); }

static inline ints clamped(ints v, integer low, integer high) {
	v = select_ints(v < whole(low), whole(low), v);
	return select_ints(v > whole(high), whole(high), v);
}

/** `sat` to a greatest magnitude. */
static inline ints saturated(ints v, integer most) { return clamped(v, -most, most); }

/** The mask of lanes where v is not at or beyond the ends: where a gradient passes a saturation. */
static inline mask inside(ints v, integer low, integer high) { return (v > whole(low)) & (v < whole(high)); }

static inline ints round_shift(ints v, int s) { return (v + (integer)((1u << s) >> 1)) >> s; }

/** A scale, the 16-bit or the coarse 8-bit float of the arithmetic, taken apart. */
typedef struct {
	int32_t factor, shift;
} Scale;

static inline Scale scale_of(int32_t code) { return (Scale){2048 + (code & 2047), code >> 11}; }

static inline Scale coarse_scale_of(int32_t code) { return (Scale){128 + 16 * (code & 7), code >> 3}; }

static inline ints scaled(ints v, Scale c) { return round_shift(v * c.factor, c.shift); }

/** The real number that a scale multiplies by. */
static inline double scale_value(Scale c) { return ldexp(c.factor, -c.shift); }

#define PHI_ENTRIES 65 // each is p[i] in the low 16 bits, p[i + 1] - p[i] above

/** out = phi(table, v, fraction) in Q15. */
static inline ints phi(const integer *table, ints v, int fraction) {
	const int shift = fraction - 3;
	const ints negative = v < whole(0);
	ints a = select_ints(negative, -v, v);
	a = select_ints(a > whole(8 << fraction), whole(8 << fraction), a);
	const ints index = a >> shift;
	ints pair;
	for (int i = 0; i < LANES; i++) pair[i] = table[index[i]];
	const ints p = (pair & 0xffff) + round_shift((pair >> 16) * (a & ((1 << shift) - 1)), shift);
	return select_ints(negative, 32768 - p, p);
}

#endif
