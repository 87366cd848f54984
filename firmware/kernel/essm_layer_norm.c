/* essm_layer_norm.c - LayerNorm before the mixer: u from the residual stream of the same step. */
#include "essm_normalize.h"

ESSM_COLD const uint8_t *essm_layer_norm_open(essm_checker *checker, const uint8_t *at) { return essm_norm_open(checker, at); }
ESSM_HOT const uint8_t *essm_layer_norm_run(essm_pass *pass, const uint8_t *at) { return essm_norm_run(pass, at, 1); }
