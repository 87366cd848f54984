/* essm_rms_post.c - RMSNorm after the channel mixer: the residual stream of a step by itself. */
#include "essm_normalize.h"

ESSM_COLD const uint8_t *essm_rms_post_open(essm_checker *checker, const uint8_t *at) { return essm_post_open(checker, at); }
ESSM_HOT const uint8_t *essm_rms_post_run(essm_pass *pass, const uint8_t *at) { return essm_post_run(pass, at, 0); }
