/*
 * essm_unpack.c - rows of packed codes into scratch memory: code i of a row takes bits i * bits and up, lowest bit of the
 * lowest byte first. A row that stands ready in flash is not unpacked.
 */
#include "essm_internal.h"

/* `codes` codes are whole bytes: written out, each is two to five instructions. */
#define ESSM_UNPACK(bits, codes)                                                                \
	for (; count >= codes; count -= codes) {                                                \
		ESSM_UNROLL for (i = 0; i < codes; i++) out[i] = (int8_t)essm_code(row, i, bits); \
		row += bits * codes / 8;                                                        \
		out += codes;                                                                   \
	}                                                                                       \
	break

/* Signed codes of 2, 3, 4 or 6 bits. */
ESSM_HOT void essm_unpack_i8(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *out)
{
	uint32_t i;
	switch (bits) {
	case 2: ESSM_UNPACK(2, 4);
	case 3: ESSM_UNPACK(3, 8);
	case 4: ESSM_UNPACK(4, 4);
	case 6: ESSM_UNPACK(6, 4);
	}
	for (i = 0; i < count; i++)
		out[i] = (int8_t)essm_code(row, i, bits);
}

/*
 * The bits from `bit` of a row on; 17 of them at least. It may look at two bytes behind the row, which are the blob's own:
 * something always follows the rows of Abar.
 */
static inline uint32_t bits_from(const uint8_t *row, uint32_t bit)
{
	row += bit >> 3;
	return (row[0] | (uint32_t)row[1] << 8 | (uint32_t)row[2] << 16) >> (bit & 7);
}

/* Coordinates of `bits` bits, 6 to 16, to Q15. */
ESSM_HOT void essm_unpack_cartesian(const uint8_t *row, uint32_t count, uint32_t bits, essm_i16 *out)
{
	uint32_t bit;
	for (bit = 0; count--; bit += bits)
		*out++ = (int16_t)((int32_t)(bits_from(row, bit) << (32 - bits)) >> 16);
}

enum { QUARTER = 16384 };

/* The phase of a head's first harmonic: a float of 6 mantissa and 4 exponent bits. */
static inline uint32_t phase_base(uint32_t code)
{
	const uint32_t exponent = code >> 6;
	return exponent ? (64 + (code & 63)) << (exponent - 1) : code;
}

/* Abar of `count` modes from radius and phase codes to Q15 pairs (real, imaginary) */
ESSM_HOT void essm_unpack_polar(const uint8_t *row, uint32_t count, const essm_layer *layer, uint32_t head, essm_i16 *out)
{
	const uint32_t radius_bits = layer->a_bits, bits = radius_bits + layer->phase_bits, shift = layer->phase_shift;
	const uint32_t radius_mask = (1u << radius_bits) - 1, step = layer->radius_step;
	const uint32_t offset = (head & 63) << 2, base = phase_base(head >> 6);
	uint32_t bit, mode;
	for (bit = 0, mode = 0; mode < count; mode++, bit += bits) {
		const uint32_t code = bits == 16 ? essm_read16(row + (bit >> 3)) : bits_from(row, bit);
		const uint32_t index = offset + (code & radius_mask) * step;
		const int32_t r = essm_radius[index > 255 ? 255 : index];
		const int32_t phase = (int32_t)(code << (32 - bits)) >> (32 - layer->phase_bits);
		const int32_t place = (int32_t)(((mode << shift) + (uint32_t)phase) * base);
		const int32_t angle = essm_clamp(essm_round_shift(place, shift), 0, 2 * QUARTER);
		const uint32_t v = (uint32_t)(angle <= QUARTER ? angle : 2 * QUARTER - angle); /* cos(half turn - v) = -cos v */
		const int32_t rest = (int32_t)(v & 63);
		int32_t re = 0, im = essm_cosine[0];
		if (v != QUARTER) {
			/* cosine(v), and cosine(QUARTER - v) with its interpolation turned round: the same intervals, from their ends */
			const int16_t *p = essm_cosine + (v >> 6), *q = essm_cosine + 256 - (v >> 6);
			re = p[0] + essm_round_shift((p[1] - p[0]) * rest, 6);
			im = q[0] + essm_round_shift((q[-1] - q[0]) * rest, 6);
		}
		if (angle > QUARTER)
			re = -re;
		*out++ = (int16_t)essm_round_shift(r * re, 15);
		*out++ = (int16_t)essm_round_shift(r * im, 15);
	}
}

/* floor(log2 v), v > 0 */
static uint32_t log2_of(uint32_t v)
{
	uint32_t log = 0, step;
	for (step = 16; step; step >>= 1)
		if (v >> step) {
			v >>= step;
			log += step;
		}
	return log;
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
	uint32_t i;
	for (i = 0; i < count; i++) {
		if (bits == 8)
			out[i] = (int32_t)((uint32_t)row[i] << shift);
		else if (bits == 4)
			out[i] = (int32_t)((uint32_t)essm_gain[row[i >> 1] >> (4 * (i & 1)) & 15] << shift);
		else
			out[i] = derived_gain(a + 2 * i, shift + (bits ? row[i >> 2] >> (2 * (i & 3)) & 3 : 0));
	}
}
