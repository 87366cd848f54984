/* essm_classes_head.c - the head that tells classes: logits = map(pooled). */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_classes_head_open(essm_checker *checker, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after;
	after = essm_classes_head_view(at, checker->heads, &parts);
	if (parts.header->outputs < 2 || parts.header->outputs > 1024)
		return essm_refuse(checker, ESSM_E_SHAPE); /* B22 */
	if (!essm_check_map(checker, parts.map.header))
		return 0;
	essm_need_rows(checker, essm_row_bytes(checker->heads, parts.map.header->bits), 0); /* runs once in a while */
	checker->outputs = parts.header->outputs;
	checker->mean = parts.header->pooling == 0;
	return essm_check_end(checker, after);
}

ESSM_COLD const uint8_t *essm_classes_head_run(essm_pass *pass, const uint8_t *at)
{
	essm_classes_head_parts parts;
	const uint8_t *after = essm_classes_head_view(at, pass->heads, &parts);
	uint32_t i;
	for (i = 0; i < parts.header->outputs; i++) {
		const essm_row row = essm_find_row(&parts.map, *parts.map.header, i);
		const uint8_t *const weights = parts.map.weights + i * parts.map.stride;
		essm_next_rows(pass);
		pass->outputs[i] =
			essm_row_times(&row, essm_row_of(pass, weights, pass->heads, parts.map.header->bits), pass->residual, pass->heads);
	}
	return after;
}
