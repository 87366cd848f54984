/* essm_glu.c - the gated linear unit: values and gates are maps of g. */
#include "essm_gated.h"

ESSM_COLD const uint8_t *essm_glu_open(essm_checker *checker, const uint8_t *at)
{
	essm_glu_parts parts;
	const uint8_t *after;
	after = essm_glu_view(at, checker->heads, &parts);
	if (!essm_check_map(checker, &parts.value, at))
		return 0;
	if (parts.header->gate_table)
		essm_need_arithmetic(checker, 3); /* the hard sigmoid */
	essm_need_row_pairs(checker, 0, checker->heads, checker->heads, parts.value.header->bits, parts.gate.header->bits, 0);
	return essm_check_map(checker, &parts.gate, after);
}

ESSM_HOT const uint8_t *essm_glu_run(essm_pass *pass, const uint8_t *at)
{
	essm_glu_parts parts;
	const uint8_t *const after = essm_glu_view(at, pass->heads, &parts);
	essm_add_gated(pass, &parts.value, &parts.gate, 0);
	return after;
}
