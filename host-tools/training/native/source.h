// The integers of a quantized network as passed by the host, with their real units: each operation reads its own
// (kinds/*_quantized.c), in the order in which host-tools/training/operations writes them.
#ifndef SOURCE_H
#define SOURCE_H

#include "arithmetic/integer.h"

/** What is left to read; running out makes a count negative. */
struct Source {
	const int32_t *integers;
	const double *reals;
	int32_t integer_count, real_count;
	uint32_t dither; // word of the next dithered mode's first step
};

static inline int32_t next_integer(struct Source *s) { return s->integer_count-- > 0 ? *s->integers++ : 0; }

static inline double next_real(struct Source *s) { return s->real_count-- > 0 ? *s->reals++ : 0; }

static inline void next_integers(struct Source *s, int32_t *to, int count) {
	for (int i = 0; i < count; i++) to[i] = next_integer(s);
}

static inline void next_scales(struct Source *s, Scale *to, int count) {
	for (int i = 0; i < count; i++) to[i] = coarse_scale_of(next_integer(s));
}

static inline void next_fine_scales(struct Source *s, Scale *to, int count) {
	for (int i = 0; i < count; i++) to[i] = scale_of(next_integer(s));
}

static inline void next_reals(struct Source *s, double *to, int count) {
	for (int i = 0; i < count; i++) to[i] = next_real(s);
}

/** A table of 66 numbers, the last twice, as pairs of a number and the difference to the next. */
static inline void next_table(struct Source *s, integer *to) {
	int32_t before = next_integer(s);
	for (int i = 0; i < PHI_ENTRIES; i++) {
		const int32_t now = next_integer(s);
		to[i] = before | (now - before) * 65536;
		before = now;
	}
	next_integer(s);
}

#endif
