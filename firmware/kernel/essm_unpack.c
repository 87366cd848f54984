/*
 * essm_unpack.c - rows of packed codes into scratch memory: code i of a row takes bits i * bits and up, lowest bit of the
 * lowest byte first. A row that stands ready in flash is never unpacked.
 */
#include "essm_internal.h"

/* A reader of codes that touches only the row's own bytes. */
typedef struct {
	const uint8_t *next;
	uint32_t word;
	uint32_t have;
} bit_reader;

static inline uint32_t take(bit_reader *reader, uint32_t bits)
{
	uint32_t code;
	while (reader->have < bits) {
		reader->word |= (uint32_t)*reader->next++ << reader->have;
		reader->have += 8;
	}
	code = reader->word & ((1u << bits) - 1);
	reader->word >>= bits;
	reader->have -= bits;
	return code;
}

static inline int32_t sign_extend(uint32_t code, uint32_t bits)
{
	return (int32_t)(code << (32 - bits)) >> (32 - bits);
}

/* The signed code at `index` of a row. */
ESSM_HOT int32_t essm_unpack_one(const uint8_t *row, uint32_t index, uint32_t bits)
{
	const uint32_t bit = index * bits, at = bit & 7;
	uint32_t word;
	row += bit >> 3;
	word = row[0];
	if (at + bits > 8)
		word |= (uint32_t)row[1] << 8;
	return sign_extend(word >> at, bits);
}

ESSM_HOT void essm_unpack_i8(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *out)
{
	bit_reader reader = {row, 0, 0};
	while (count--)
		*out++ = (int8_t)sign_extend(take(&reader, bits), bits);
}

ESSM_HOT void essm_unpack_i16(const uint8_t *row, uint32_t count, uint32_t bits, uint32_t left, essm_i16 *out)
{
	bit_reader reader = {row, 0, 0};
	while (count--)
		*out++ = (int16_t)essm_mul(sign_extend(take(&reader, bits), bits), 1 << left);
}

/* cos(v / 16384 * pi / 2) in Q15, v 0 to 16384 */
static inline int32_t quarter_cosine(uint32_t v)
{
	const int16_t *p = essm_cosine + (v >> 6);
	return p[0] + essm_round_shift((p[1] - p[0]) * (int32_t)(v & 63), 6);
}

/* Abar of `count` modes from radius and phase codes to Q15 pairs (real, imaginary) */
ESSM_HOT void essm_unpack_polar(const uint8_t *row, uint32_t count, const essm_layer *layer, const uint8_t *head, essm_i16 *out)
{
	const uint32_t offset = head[0], step = head[1], span = essm_read16(head + 2);
	const uint32_t radius_bits = layer->a_bits, phase_bits = layer->phase_bits;
	bit_reader reader = {row, 0, 0};
	while (count--) {
		const uint32_t code = take(&reader, radius_bits + phase_bits);
		const int32_t r = essm_radius[offset + (code & ((1u << radius_bits) - 1)) * step];
		const uint32_t angle = (uint32_t)essm_round_shift((int32_t)((code >> radius_bits) * span), phase_bits);
		int32_t re, im;
		if (angle <= 16384) {
			re = quarter_cosine(angle);
			im = quarter_cosine(16384 - angle);
		} else {
			re = -quarter_cosine(32768 - angle);
			im = quarter_cosine(angle - 16384);
		}
		*out++ = (int16_t)essm_round_shift(r * re, 15);
		*out++ = (int16_t)essm_round_shift(r * im, 15);
	}
}

ESSM_HOT void essm_unpack_gain(const uint8_t *row, uint32_t count, uint8_t *out)
{
	bit_reader reader = {row, 0, 0};
	while (count--)
		*out++ = essm_gain[take(&reader, 4)];
}
