/* essm_linear.c - heads whose outputs are a map of the pooled stream. */
#include "essm_linear.h"

ESSM_COLD const uint8_t *essm_open_readout(
	essm_checker *checker, const essm_linear *map, uint32_t outputs, uint32_t least, uint32_t pooling, const uint8_t *after)
{
	if (outputs < least || outputs > 1024)
		return essm_refuse(checker, ESSM_E_SHAPE);                                 /* B22 */
	essm_need_rows(checker, essm_row_bytes(checker->heads, map->header->bits), 0); /* runs once in a while */
	checker->outputs = outputs;
	checker->mean = pooling == 0;
	return essm_check_map(checker, map, after);
}

ESSM_COLD void essm_read_out(essm_pass *pass, const essm_linear *map, uint32_t outputs)
{
	const uint32_t bits = map->header->bits;
	uint32_t i;
	for (i = 0; i < outputs; i++) {
		const essm_row row = essm_find_row(map, *map->header, i);
		const uint8_t *const weights = map->weights + i * map->stride;
		essm_next_rows(pass);
		pass->outputs[i] = essm_row_times(&row, essm_row_of(pass, weights, pass->heads, bits), pass->residual, pass->heads);
	}
}
