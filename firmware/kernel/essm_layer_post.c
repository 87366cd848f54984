/* essm_layer_post.c - LayerNorm after the channel mixer: the residual stream of a step by itself. */
#include "essm_normalize.h"

ESSM_COLD const uint8_t *essm_layer_post_open(essm_checker *checker, const uint8_t *at)
{
	essm_layer_post_parts parts;
	const uint8_t *after = essm_layer_post_view(at, checker->heads, &parts);
	return essm_norm_open(checker, parts.header->epsilon, after);
}

ESSM_HOT const uint8_t *essm_layer_post_run(essm_pass *pass, const uint8_t *at)
{
	essm_layer_post_parts parts;
	const uint8_t *after = essm_layer_post_view(at, pass->heads, &parts);
	const essm_norm norm = {parts.negative, parts.scale, parts.zero, parts.header->epsilon, 1};
	essm_norm_residual(pass, &norm);
	return after;
}
