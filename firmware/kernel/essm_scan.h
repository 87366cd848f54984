/*
 * essm_scan.h - shared by mixers of complex diagonal modes: one mode over several steps, and y of a head. For each step:
 *
 *     x' = saturate((Abar x + drive + rounding) >> 15)     Abar Q15; x 8 or 16 bits, drive in units of 2^-15 x
 *     y  = scale(round_shift(sum Re(C x'), preshift), c_scale) + scale(d u, d_scale)
 *
 * Rounding is one half, or dithered: 15 bits of a low-discrepancy word for the real part, and 32767 minus them for the
 * imaginary part. With one half, a slow mode that moves by less than half a step would freeze; and since successive words are
 * evenly spread, what one step rounds up a nearby one rounds down.
 */
#ifndef ESSM_SCAN_H
#define ESSM_SCAN_H

#include "essm_internal.h"

enum { ESSM_HALF = 1 << 14 };

ESSM_INLINE void essm_load_mode(const uint8_t *x, int wide, int32_t *re, int32_t *im)
{
	if (wide)
		*re = ((const essm_i16 *)(const void *)x)[0], *im = ((const essm_i16 *)(const void *)x)[1];
	else
		*re = (int8_t)x[0], *im = (int8_t)x[1];
}

/* Stores a mode's state; returns the address of the next. */
ESSM_INLINE uint8_t *essm_store_mode(uint8_t *x, int wide, int32_t re, int32_t im)
{
	if (wide) {
		((essm_i16 *)(void *)x)[0] = (int16_t)re;
		((essm_i16 *)(void *)x)[1] = (int16_t)im;
		return x + 4;
	}
	x[0] = (uint8_t)re;
	x[1] = (uint8_t)im;
	return x + 2;
}

/*
 * A mode in registers. The state is kept as x + max, so that one unsigned comparison clamps both sides; the rounding term
 * compensates for what that adds to the products.
 */
typedef struct {
	uint32_t a_re, a_im;
	uint32_t re, im;
	uint32_t add_re, add_im;
	uint32_t max, twice;
} essm_mode;

ESSM_INLINE essm_mode essm_begin_mode(const essm_i16 *a, const uint8_t *x, int wide, uint32_t max, int dithered)
{
	essm_mode mode;
	int32_t re, im;
	essm_load_mode(x, wide, &re, &im);
	mode.a_re = (uint32_t)(int32_t)a[0];
	mode.a_im = (uint32_t)(int32_t)a[1];
	mode.re = (uint32_t)re + max;
	mode.im = (uint32_t)im + max;
	mode.add_re = (max << 15) - max * (mode.a_re - mode.a_im) + (dithered ? 0 : ESSM_HALF);
	mode.add_im = (max << 15) - max * (mode.a_re + mode.a_im) + (dithered ? 32767 : ESSM_HALF);
	mode.max = max;
	mode.twice = 2 * max;
	return mode;
}

/* v, a state plus `max`, clamped to 0..twice; a negative one has wrapped to 65,536 + max or more. */
ESSM_INLINE uint32_t essm_limit(uint32_t v, uint32_t twice, uint32_t max)
{
	if (ESSM_RARELY(v > twice))
		return v >= 65536 + max ? 0 : twice;
	return v;
}

/* One step; `drawn` is the dither's word. */
ESSM_INLINE void essm_move_mode(essm_mode *mode, uint32_t drive_re, uint32_t drive_im, int dithered, uint32_t drawn)
{
	uint32_t next_re = mode->a_re * mode->re - mode->a_im * mode->im + drive_re + mode->add_re;
	uint32_t next_im = mode->a_re * mode->im + mode->a_im * mode->re + drive_im + mode->add_im;
	if (dithered)
		next_re += drawn >> 17, next_im -= drawn >> 17;
	mode->re = essm_limit(next_re >> 15, mode->twice, mode->max);
	mode->im = essm_limit(next_im >> 15, mode->twice, mode->max);
}

/* From sums of heads to y. */
typedef struct {
	const uint8_t *c_scale; /* scales of C */
	const uint8_t *d;       /* codes of D */
	uint32_t preshift, d_bits;
	essm_factor d_scale;
} essm_output;

/*
 * y of head `h`, replacing its u. The sum of each step is `start` plus every other word from `sum` on, with the rounding term
 * of the preshift. essm_scan.c
 */
void essm_finish_head(
	const essm_output *output, uint32_t h, const uint32_t *sum, uint32_t start, essm_i16 *signal, uint32_t steps);

#endif
