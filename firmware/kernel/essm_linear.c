/* essm_linear.c - heads whose outputs are a map of the pooled stream. */
#include "essm_linear.h"

ESSM_COLD int essm_check_readout(essm_checker *checker, const essm_map_header *map, uint32_t outputs, uint32_t pooling)
{
	if (!essm_check_map(checker, map))
		return 0;
	essm_need_rows(checker, essm_row_bytes(checker->heads, map->bits), 0); /* runs once in a while */
	checker->outputs = outputs;
	checker->mean = pooling == 0;
	return 1;
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
