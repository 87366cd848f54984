/* essm_polar.h - Abar from radius and phase. */
#ifndef ESSM_POLAR_H
#define ESSM_POLAR_H

#include "essm_internal.h"

enum { ESSM_QUARTER_TURN = 16384, ESSM_HALF_TURN = 32768 };

/* cos of v, up to a quarter turn in 2^-16 turn; Q15. essm_polar.c */
int32_t essm_cosine_of(uint32_t v);

/* Writes Abar, real and imaginary: radius by its index, 255 at most; angle in 2^-16 turn, half a turn at most. */
ESSM_INLINE void essm_polar(uint32_t index, uint32_t angle, essm_i16 *out)
{
	const int32_t r = essm_radius[index > 255 ? 255 : index];
	const uint32_t v = angle <= ESSM_QUARTER_TURN ? angle : ESSM_HALF_TURN - angle; /* cos(half turn - v) = -cos v */
	const int32_t re = essm_cosine_of(v);
	out[0] = (int16_t)essm_round_shift(r * (angle > ESSM_QUARTER_TURN ? -re : re), 15);
	out[1] = (int16_t)essm_round_shift(r * essm_cosine_of(ESSM_QUARTER_TURN - v), 15);
}

#endif
