/*
 * essm_harmonic.c - poles of S4D in few bits: a radius on a logarithmic scale and a phase relative to the mode's place in a
 * harmonic series.
 */
#include "essm_polar.h"

ESSM_COLD int essm_harmonic_check_poles(essm_checker *checker, const uint8_t *at)
{
	const essm_harmonic_header *header = (const essm_harmonic_header *)(const void *)at;
	if (!essm_check_header(checker, at, &essm_harmonic_check))
		return 0;
	if (header->radius_bits + header->phase_bits > 16)
		return essm_refuse(checker, ESSM_E_PRECISION) != 0;
	return 1;
}

/* The phase of a row's first harmonic: a float of 6 mantissa and 4 exponent bits. */
static inline uint32_t phase_base(uint32_t code)
{
	const uint32_t exponent = code >> 6;
	return exponent ? (64 + (code & 63)) << (exponent - 1) : code;
}

ESSM_HOT void essm_harmonic_row(const essm_poles *poles, uint32_t row, essm_i16 *out)
{
	const essm_harmonic_parts *parts = (const void *)&poles->of;
	const essm_harmonic_header *header = parts->header;
	const uint32_t radius_bits = header->radius_bits, phase_bits = header->phase_bits, shift = header->phase_shift;
	const uint32_t radius_mask = (1u << radius_bits) - 1, step = header->radius_step;
	const uint8_t *radii = parts->radius + row * parts->radius_stride, *phases = parts->phase + row * parts->phase_stride;
	const uint32_t offset = essm_code(parts->radius_offset, row, 6) << 2;
	const uint32_t base = phase_base(essm_code(parts->phase_base, row, 10));
	uint32_t mode;
	for (mode = 0; mode < poles->columns; mode++) {
		const uint32_t index = offset + (essm_few_bits(radii, mode * radius_bits) & radius_mask) * step;
		const int32_t phase = (int32_t)(essm_bits(phases, mode * phase_bits) << (32 - phase_bits)) >> (32 - phase_bits);
		const int32_t place = (int32_t)(((mode << shift) + (uint32_t)phase) * base);
		essm_polar(index, (uint32_t)essm_clamp(essm_round_shift(place, shift), 0, ESSM_HALF_TURN), out + 2 * mode);
	}
}
