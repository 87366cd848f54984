/* essm_layer_norm.c - LayerNorm before the mixer: u from the residual stream of the same step. */
#include "essm_normalize.h"

ESSM_COLD const uint8_t *essm_layer_norm_open(essm_checker *checker, const uint8_t *at)
{
	essm_layer_norm_parts parts;
	const uint8_t *after = essm_layer_norm_view(at, checker->heads, &parts);
	return essm_norm_open(checker, parts.header->epsilon, after);
}

ESSM_HOT const uint8_t *essm_layer_norm_run(essm_pass *pass, const uint8_t *at)
{
	essm_layer_norm_parts parts;
	const uint8_t *after = essm_layer_norm_view(at, pass->heads, &parts);
	const essm_norm norm = {parts.negative, parts.scale, parts.zero, parts.header->epsilon, 1};
	essm_norm_to_u(pass, &norm, parts.header->bits);
	return after;
}
