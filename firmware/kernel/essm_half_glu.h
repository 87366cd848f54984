/* essm_half_glu.h - shared by the half-gated linear units: residual = saturate(residual + value sigma(gate(g))). */
#ifndef ESSM_HALF_GLU_H
#define ESSM_HALF_GLU_H

#include "essm_linear.h"

/* Both have the same layout. `values` are g, or y, where the header's zero is 0. essm_half_glu.c */
const uint8_t *essm_half_glu_open(essm_checker *checker, const uint8_t *at);
const uint8_t *essm_half_glu_run(essm_pass *pass, const uint8_t *at, const essm_i16 *values);

#endif
