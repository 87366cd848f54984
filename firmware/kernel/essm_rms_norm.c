/* essm_rms_norm.c - RMSNorm before the mixer: u from the residual stream of the same step. */
#include "essm_normalize.h"

ESSM_COLD const uint8_t *essm_rms_norm_open(essm_checker *checker, const uint8_t *at) { return essm_norm_open(checker, at); }
ESSM_HOT const uint8_t *essm_rms_norm_run(essm_pass *pass, const uint8_t *at) { return essm_norm_run(pass, at, 0); }
