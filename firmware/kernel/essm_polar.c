/* essm_polar.c - the cosine, by table and linear interpolation. */
#include "essm_polar.h"

ESSM_HOT int32_t essm_cosine_of(uint32_t v)
{
	const int16_t *p = essm_cosine + (v >> 6);
	return p[0] + essm_round_shift((p[1] - p[0]) * (int32_t)(v & 63), 6);
}
