/* essm_values_head.c - the values head: outputs = map(pooled), at the end or at every step. */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_values_head_open(essm_checker *checker, const uint8_t *at)
{
	essm_values_head_parts parts;
	const uint8_t *after = essm_values_head_view(at, checker->heads, &parts);
	checker->scaled = 1;
	checker->per_step = parts.header->moment == 1;
	checker->forecast = parts.header->ahead != 0;
	return essm_open_readout(checker, &parts.map, parts.header->outputs, 1, parts.header->pooling, after);
}

ESSM_COLD const uint8_t *essm_values_head_run(essm_pass *pass, const uint8_t *at)
{
	essm_values_head_parts parts;
	const uint8_t *after = essm_values_head_view(at, pass->heads, &parts);
	essm_read_out(pass, &parts.map, parts.header->outputs);
	return after;
}
