// What is added before the shift of states: one half, or the dither (src/arithmetic/dither.ts).
#ifndef DITHER_H
#define DITHER_H

#include "matrix.h"

// The dither's word increments from step to step and from mode to mode.
#define DITHER_STEP 0x9e3779b9u
#define DITHER_MODE 0xc13fa9a9u

/** For `modes` modes in a chunk, [STEPS][re modes, im modes]; `word` is that of the first mode at the chunk's first step. */
static inline void rounding_of(int dithered, uint32_t word, int modes, integer *restrict to) {
	for (int k = 0; k < STEPS; k++)
		for (int i = 0; i < modes; i++) {
			const int32_t drawn = (word + DITHER_STEP * k + DITHER_MODE * i) >> 17;
			to[k * 2 * modes + i] = dithered ? drawn : 1 << 14;
			to[k * 2 * modes + modes + i] = dithered ? 32767 - drawn : 1 << 14;
		}
}

#endif
