/* essm_polar.c - Abar from radius and phase: the cosine by table and linear interpolation. */
#include "essm_polar.h"

enum { QUARTER_TURN = 16384 };

/* cos of v, up to a quarter turn in 2^-16 turn; Q15 */
ESSM_HOT static int32_t cosine_of(uint32_t v)
{
	const int16_t *p = essm_cosine + (v >> 6);
	return p[0] + essm_round_shift((p[1] - p[0]) * (int32_t)(v & 63), 6);
}

ESSM_HOT void essm_polar(uint32_t index, uint32_t angle, essm_i16 *out)
{
	const int32_t r = essm_radius[index > 255 ? 255 : index];
	const uint32_t v = angle <= QUARTER_TURN ? angle : ESSM_HALF_TURN - angle; /* cos(half turn - v) = -cos v */
	const int32_t re = cosine_of(v);
	out[0] = (int16_t)essm_round_shift(r * (angle > QUARTER_TURN ? -re : re), 15);
	out[1] = (int16_t)essm_round_shift(r * cosine_of(QUARTER_TURN - v), 15);
}
