/* essm_classes_head.c - the classes head: logits = map(pooled). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_classes_head_open(essm_checker *checker, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after = essm_classes_head_view(at, checker->heads, &parts);
	if (parts.header->outputs < 2 || parts.header->outputs > 1024)
		return essm_refuse(checker, ESSM_E_SHAPE); /* B22 */
	if (!essm_check_readout(checker, parts.map.header, parts.header->outputs, parts.header->pooling))
		return 0;
	return essm_check_end(checker, after);
}

ESSM_COLD const uint8_t *essm_classes_head_run(essm_pass *pass, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after = essm_classes_head_view(at, pass->heads, &parts);
	essm_read_out(pass, &parts.map, parts.header->outputs);
	return after;
}
