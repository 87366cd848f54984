/* essm_onepole.c - a one-pole filter per head: x' = (a x + (256 - a) 2^8 u + 128) >> 8, y = scale(c x'). */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_onepole_open(essm_checker *checker, const uint8_t *at)
{
	essm_onepole_parts parts;
	checker->state += essm_align4(2 * checker->heads);
	return essm_check_end(checker, essm_onepole_view(at, checker->heads, &parts));
}

ESSM_HOT const uint8_t *essm_onepole_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads;
	essm_onepole_parts parts;
	const uint8_t *const after = essm_onepole_view(at, heads, &parts);
	const uint32_t bits = parts.header->gain_bits, above = 32 - bits;
	essm_i16 *const state = (essm_i16 *)(void *)pass->x;
	essm_i16 *signal = pass->signal;
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const int32_t a = parts.pole[h], c = (int32_t)(essm_code(parts.gain, h, bits) << above) >> above;
		const essm_factor scale = essm_coarse_factor_of(parts.gain_scale[h]);
		const essm_i16 *const end = signal + pass->steps;
		int32_t x = state[h];
		do {
			x = (a * x + (256 - a) * (*signal * 256) + 128) >> 8;
			*signal = (int16_t)essm_saturate16(essm_scale(c * x, scale));
		} while (++signal != end);
		state[h] = (int16_t)x;
	}
	pass->x += essm_align4(2 * heads);
	return after;
}
