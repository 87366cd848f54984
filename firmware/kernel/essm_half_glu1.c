/* essm_half_glu1.c - the half-gated linear unit whose value is g. */
#include "essm_half_glu.h"

ESSM_COLD const uint8_t *essm_half_glu1_open(essm_checker *checker, const uint8_t *at)
{
	essm_half_glu1_parts parts;
	const uint8_t *after = essm_half_glu1_view(at, checker->heads, &parts);
	return essm_half_glu_open(checker, &parts.gate, after);
}

ESSM_HOT const uint8_t *essm_half_glu1_run(essm_pass *pass, const uint8_t *at)
{
	essm_half_glu1_parts parts;
	const uint8_t *after = essm_half_glu1_view(at, pass->heads, &parts);
	const essm_half_glu half = {&parts.gate, parts.scale, pass->g, essm_gate[parts.header->gate_table], parts.header->zero,
		15u - parts.header->value_shift, parts.header->gate_fraction};
	essm_half_glu_run(pass, &half);
	return after;
}
