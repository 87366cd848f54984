/*
 * essm_normalize.h - what the norms over the heads of a step share: out = scale(normalized residual) + zero, per head. LayerNorm
 * takes off the mean, RMSNorm does not; both before the mixer are laid out alike, and so are both after the channel mixer.
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
