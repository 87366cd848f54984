/* essm_logarithmic.c - poles as a radius and a phase on logarithmic scales. */
#include "essm_polar.h"

ESSM_COLD int essm_logarithmic_check_poles(essm_checker *checker, const uint8_t *at)
{
	return essm_check_header(checker, at, &essm_logarithmic_check);
}

enum { LAST = 15 << 11 }; /* the place of half a turn */

ESSM_HOT void essm_logarithmic_row(const essm_poles *poles, uint32_t row, essm_i16 *out)
{
	const essm_logarithmic_parts *parts = (const void *)&poles->of;
	const essm_logarithmic_header *header = parts->header;
	const uint32_t radius_bits = header->radius_bits, phase_bits = header->phase_bits;
	const uint8_t *radii = parts->radius + row * parts->radius_stride, *phases = parts->phase + row * parts->phase_stride;
	uint32_t mode;
	for (mode = 0; mode < poles->columns; mode++, out += 2) {
		const uint32_t index = header->radius_offset + essm_code(radii, mode, radius_bits) * header->radius_step;
		uint32_t place = header->phase_offset + essm_code(phases, mode, phase_bits) * header->phase_step;
		if (place > LAST)
			place = LAST;
		/* a position is the bits of a float: an exponent above an 11-bit mantissa */
		essm_polar(index, (2048 + (place & 2047)) << (place >> 11) >> 11, out);
	}
}
