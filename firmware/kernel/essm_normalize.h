/*
 * essm_normalize.h - shared by the norms over the heads of a step: out = scale(normalized residual) + zero, per head. LayerNorm
 * subtracts the mean, RMSNorm does not; both have the same layout before the mixer, and after the channel mixer.
 */
#ifndef ESSM_NORMALIZE_H
#define ESSM_NORMALIZE_H

#include "essm_internal.h"

/* The residual stream to u, by a norm at `at`. essm_normalize.c */
const uint8_t *essm_norm_open(essm_checker *checker, const uint8_t *at);
const uint8_t *essm_norm_run(essm_pass *pass, const uint8_t *at, int centred);

/* The residual stream to itself. essm_normalize.c */
const uint8_t *essm_post_open(essm_checker *checker, const uint8_t *at);
const uint8_t *essm_post_run(essm_pass *pass, const uint8_t *at, int centred);

#endif
