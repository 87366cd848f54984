/* essm_polar.h - Abar from radius and phase. */
#ifndef ESSM_POLAR_H
#define ESSM_POLAR_H

#include "essm_internal.h"

enum { ESSM_HALF_TURN = 32768 };

/* Writes Abar, real and imaginary: radius by its index, 255 at most; angle in 2^-16 turn, half a turn at most. essm_polar.c */
void essm_polar(uint32_t index, uint32_t angle, essm_i16 *out);

#endif
