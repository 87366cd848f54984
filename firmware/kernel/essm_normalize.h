/*
 * essm_normalize.h - what the norms over the heads of a step share: out = scale(normalized residual) + zero, per head.
 */
#ifndef ESSM_NORMALIZE_H
#define ESSM_NORMALIZE_H

#include "essm_internal.h"

/* A norm in the blob. */
typedef struct {
	const uint8_t *negative; /* signs of the heads, a bit each */
	const uint8_t *scale;    /* of each head, 16 bits */
	const uint8_t *zero;     /* likewise */
	uint32_t epsilon;
	int centred; /* the mean is taken off */
} essm_norm;

/* Whether a norm that ends at `after` is within the section and its epsilon is not 0. essm_normalize.c */
const uint8_t *essm_norm_open(essm_checker *checker, uint32_t epsilon, const uint8_t *after);

/* The residual stream to u, of `bits` bits, from 256ths of its unit; and to itself. essm_normalize.c */
void essm_norm_to_u(essm_pass *pass, const essm_norm *norm, uint32_t bits);
void essm_norm_residual(essm_pass *pass, const essm_norm *norm);

#endif
