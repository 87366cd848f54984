/* essm_classes_head.c - the classes head: logits = map(pooled). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_classes_head_open(essm_checker *checker, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after = essm_classes_head_view(at, checker->heads, &parts);
	return essm_open_readout(checker, &parts.map, parts.header->outputs, 2, parts.header->pooling, after);
}

ESSM_COLD const uint8_t *essm_classes_head_run(essm_pass *pass, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after = essm_classes_head_view(at, pass->heads, &parts);
	essm_read_out(pass, &parts.map, parts.header->outputs);
	return after;
}
