/* essm_half_glu.c - the half-gated linear units: gates are a map of g, values are g or y. */
#include "essm_half_glu.h"
#include "essm_gated.h"

ESSM_COLD const uint8_t *essm_half_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_half_glu1_parts parts;
	const uint8_t *after = essm_half_glu1_view(at, checker->heads, &parts);
	const uint32_t bits = parts.gate.header->bits;
	essm_need_row_pairs(checker, 0, (checker->heads + 1) / 2, checker->heads, bits, bits, 0);
	return essm_check_map(checker, &parts.gate, after);
}

ESSM_COLD const uint8_t *essm_half_glu_run(essm_pass *pass, const uint8_t *at, const essm_i16 *values)
{
	essm_half_glu1_parts parts;
	const uint8_t *const after = essm_half_glu1_view(at, pass->heads, &parts);
	essm_sums pair[ESSM_BLOCK];
	const essm_inputs inputs = {values, parts.scale, parts.header->zero, pair};
	essm_add_gated(pass, &parts.gate, &parts.gate, &inputs);
	return after;
}
