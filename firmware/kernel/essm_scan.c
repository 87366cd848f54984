/* essm_scan.c - y of a head. */
#include "essm_scan.h"

ESSM_HOT void essm_finish_head(
	const essm_output *output, uint32_t h, const uint32_t *sum, uint32_t start, essm_i16 *signal, uint32_t steps)
{
	const uint32_t above = 32 - output->d_bits, preshift = output->preshift;
	const int32_t code = (int32_t)(essm_few_bits(output->d, h * output->d_bits) << above) >> above;
	const essm_factor c = essm_coarse_factor_of(output->c_scale[h]);
	const essm_factor d = {code * output->d_scale.mantissa, output->d_scale.shift};
	const essm_i16 *const end = signal + steps;
	do {
		const int32_t y = essm_scale((int32_t)(*sum + start) >> preshift, c);
		*signal = (int16_t)essm_saturate16(essm_add(y, essm_scale(*signal, d)));
		sum += 2;
	} while (++signal != end);
}
