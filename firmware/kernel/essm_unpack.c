/*
 * essm_unpack.c - rows of packed codes into scratch memory: code i of a row takes bits i * bits and up, lowest bit of the
 * lowest byte first. A row that stands ready in flash is not unpacked.
 */
#include "essm_internal.h"

/*
 * Signed codes of 2, 3, 4 or 6 bits to int8; where codes of 8 bits stand is returned as it is. 24 bits hold whole codes of
 * every width.
 */
ESSM_HOT const int8_t *essm_unpack_i8(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *out)
{
	const int8_t *const begin = out, *const end = out + count;
	const uint32_t up = 32 - bits;
	if (bits == 8)
		return (const int8_t *)row;
	for (;; row += 3) {
		uint32_t word = essm_bits(row, 0) | 1u << 24;
		for (; word != 1; word >>= bits) {
			if (out == end)
				return begin;
			*out++ = (int8_t)((int32_t)(word << up) >> up);
		}
	}
}

/* Coordinates of `bits` bits, 6 to 16, to Q15. */
ESSM_HOT void essm_unpack_cartesian(const uint8_t *row, uint32_t count, uint32_t bits, essm_i16 *out)
{
	uint32_t bit;
	for (bit = 0; count--; bit += bits)
		*out++ = (int16_t)((int32_t)(essm_bits(row, bit) << (32 - bits)) >> 16);
}

enum { QUARTER = 16384 };

/* Of v, up to a quarter turn, Q15. */
ESSM_HOT ESSM_APART static int32_t cosine(uint32_t v)
{
	const int16_t *p = essm_cosine + (v >> 6);
	return p[0] + essm_round_shift((p[1] - p[0]) * (int32_t)(v & 63), 6);
}

/* The phase of a head's first harmonic: a float of 6 mantissa and 4 exponent bits. */
static inline uint32_t phase_base(uint32_t code)
{
	const uint32_t exponent = code >> 6;
	return exponent ? (64 + (code & 63)) << (exponent - 1) : code;
}

/* Abar of `count` modes from radius and phase codes to Q15 pairs (real, imaginary) */
ESSM_HOT void essm_unpack_polar(const uint8_t *row, uint32_t count, const essm_layer_header *layer, uint32_t head, essm_i16 *out)
{
	const uint32_t radius_bits = layer->a_bits, bits = radius_bits + layer->phase_bits, shift = layer->phase_shift;
	const uint32_t radius_mask = (1u << radius_bits) - 1, step = layer->radius_step;
	const uint32_t offset = (head & 63) << 2, base = phase_base(head >> 6);
	uint32_t bit, mode;
	for (bit = 0, mode = 0; mode < count; mode++, bit += bits) {
		const uint32_t code = essm_bits(row, bit);
		const uint32_t index = offset + (code & radius_mask) * step;
		const int32_t r = essm_radius[index > 255 ? 255 : index];
		const int32_t phase = (int32_t)(code << (32 - bits)) >> (32 - layer->phase_bits);
		const int32_t place = (int32_t)(((mode << shift) + (uint32_t)phase) * base);
		const int32_t angle = essm_clamp(essm_round_shift(place, shift), 0, 2 * QUARTER);
		const uint32_t v = (uint32_t)(angle <= QUARTER ? angle : 2 * QUARTER - angle); /* cos(half turn - v) = -cos v */
		const int32_t re = cosine(v);
		*out++ = (int16_t)essm_round_shift(r * (angle > QUARTER ? -re : re), 15);
		*out++ = (int16_t)essm_round_shift(r * cosine(QUARTER - v), 15);
	}
}

/* floor(log2 v), v > 0 */
ESSM_HOT ESSM_APART static uint32_t log2_of(uint32_t v)
{
	uint32_t log = 0;
	while (v >= 256)
		v >>= 8, log += 8;
	if (v >= 16)
		v >>= 4, log += 4;
	if (v >= 4)
		v >>= 2, log += 2;
	return log + (v >> 1);
}

/*
 * The gain that a pole suggests, in half-octaves: the inverse of the geometric mean of how much a mode gathers at rest,
 * |1 - Abar|, and in resonance, 1 - |Abar|^2.
 */
static int32_t derived_gain(const essm_i16 *a, uint32_t shift)
{
	const int32_t re = a[0], im = a[1], near = (32768 - re) >> 1;
	const int32_t square = (1 << 30) - re * re - im * im;
	const int32_t distance = (near * near + (im >> 1) * (im >> 1)) | 1;
	const int32_t logs = (int32_t)(2 * log2_of(square < 1 ? 1 : (uint32_t)square) + log2_of((uint32_t)distance));
	const int32_t half_octaves = essm_clamp((logs >> 1) + (int32_t)shift - 20, 0, 46);
	return (int32_t)((half_octaves & 1 ? 181u : 128u) << (half_octaves >> 1) >> 7);
}

/* Input gains of `count` modes: 8 bits a number, 4 bits half-octaves, 2 and 0 bits beside what Abar suggests; the head's shift included. */
ESSM_HOT void essm_unpack_gain(const uint8_t *row, uint32_t count, uint32_t bits, uint32_t shift, const essm_i16 *a, essm_i32 *out)
{
	essm_i32 *const end = out + count;
	uint32_t bit = 0;
	if (bits == 8)
		while (out != end)
			*out++ = (int32_t)((uint32_t)*row++ << shift);
	for (; out != end; bit += bits, a += 2) {
		const uint32_t code = essm_bits(row, bit) & ((1u << bits) - 1);
		*out++ = bits == 4 ? (int32_t)((uint32_t)essm_gain[code] << shift) : derived_gain(a, shift + code);
	}
}
