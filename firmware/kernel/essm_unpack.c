/*
 * essm_unpack.c - rows of packed codes into scratch memory: code i of a row takes bits i * bits and up, lowest bit of the
 * lowest byte first. A row that stands ready in flash is never unpacked; linear weights never are (essm_linear.c).
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

/* Gains of half an octave, 4 bits each. */
ESSM_HOT void essm_unpack_gain(const uint8_t *row, uint32_t count, uint8_t *out)
{
	for (; count >= 2; count -= 2) {
		*out++ = essm_gain[*row & 15];
		*out++ = essm_gain[*row++ >> 4];
	}
	if (count)
		*out = essm_gain[*row & 15];
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

/* Abar of `count` modes from radius and phase codes to Q15 pairs (real, imaginary) */
ESSM_HOT void essm_unpack_polar(const uint8_t *row, uint32_t count, const essm_layer *layer, const uint8_t *head, essm_i16 *out)
{
	const uint16_t *radius = essm_radius + head[0];
	const uint32_t step = head[1], span = essm_read16(head + 2);
	const uint32_t radius_bits = layer->a_bits, phase_bits = layer->phase_bits, bits = radius_bits + phase_bits;
	const uint32_t radius_mask = (1u << radius_bits) - 1, phase_mask = (1u << phase_bits) - 1, half = 1u << (phase_bits - 1);
	uint32_t bit;
	for (bit = 0; count--; bit += bits) {
		const uint32_t code = bits == 16 ? essm_read16(row + (bit >> 3)) : bits_from(row, bit);
		const int32_t r = radius[(code & radius_mask) * step];
		const uint32_t angle = ((code >> radius_bits & phase_mask) * span + half) >> phase_bits;
		const uint32_t v = angle <= QUARTER ? angle : 2 * QUARTER - angle; /* cos(half turn - v) = -cos v */
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
