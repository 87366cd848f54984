/*
 * essm_ssm.c - one step of one S4D head: its input quantized, N complex modes moved, their sum taken.
 *
 *     u  = saturate((residual * m + (offset << (s - 4))) >> s)                        BatchNorm and quantization in one
 *     x' = saturate((Abar x + (b u << shift) + rounding) >> 15)     Abar Q15; x 8 or 16 bits, a scale of its own a mode
 *     y  = scale(round_shift(sum Re(C x')), c_scale) + scale(d u, d_scale)
 *
 * Rounding is one half, or 15 bits of xorshift32 for each coordinate (dithered): a slow mode that moves by less than half a
 * step a tick would otherwise freeze.
 */
#include "essm_internal.h"

/*
 * The loop over modes, once for each pair of state type and rounding. `gained` is u << shift. Written out by hand because
 * it is nine tenths of the kernel's work: 7 loads, 7 products, 2 stores a mode.
 */
#define ESSM_MODES(name, state, dithered)                                                                             \
	ESSM_HOT static int32_t name(const essm_i16 *a, const uint8_t *b, const int8_t *c, state *x, uint32_t modes,  \
		int32_t gained, int32_t most, uint32_t *dither)                                                       \
	{                                                                                                             \
		const int32_t least = -most;                                                                          \
		uint32_t s = *dither;                                                                                 \
		uint32_t acc = 0;                                                                                     \
		do {                                                                                                  \
			const int32_t re = x[0], im = x[1];                                                           \
			const int32_t ar = a[0], ai = a[1];                                                           \
			uint32_t round_re = 1u << 14, round_im = 1u << 14;                                            \
			int32_t next_re, next_im;                                                                     \
			if (dithered) {                                                                               \
				s ^= s << 13;                                                                         \
				s ^= s >> 17;                                                                         \
				s ^= s << 5;                                                                          \
				round_re = s & 0x7fff;                                                                \
				round_im = s >> 17;                                                                   \
			}                                                                                             \
			next_re = (int32_t)((uint32_t)(ar * re) - (uint32_t)(ai * im) +                               \
				(uint32_t)*b++ * (uint32_t)gained + round_re) >> 15;                                  \
			next_im = (int32_t)((uint32_t)(ar * im) + (uint32_t)(ai * re) + round_im) >> 15;              \
			next_re = essm_clamp(next_re, least, most);                                                   \
			next_im = essm_clamp(next_im, least, most);                                                   \
			x[0] = (state)next_re;                                                                        \
			x[1] = (state)next_im;                                                                        \
			acc += (uint32_t)(c[0] * next_re) - (uint32_t)(c[1] * next_im);                               \
			a += 2;                                                                                       \
			c += 2;                                                                                       \
			x += 2;                                                                                       \
		} while (--modes);                                                                                    \
		*dither = s;                                                                                          \
		return (int32_t)acc;                                                                                  \
	}

ESSM_MODES(modes8, int8_t, 0)
ESSM_MODES(modes8_dithered, int8_t, 1)
ESSM_MODES(modes16, essm_i16, 0)
ESSM_MODES(modes16_dithered, essm_i16, 1)

ESSM_HOT int32_t essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint32_t h, uint8_t *x, int32_t residual)
{
	const uint32_t modes = model->modes;
	const uint8_t *head = layer->heads + h * ESSM_HEAD_BYTES;
	const uint32_t u_scale = essm_read16(head), u_shift = u_scale >> 11;
	const int32_t u_offset = (int32_t)essm_read32(head + 4) >> 8;
	const int32_t u_most = essm_symmetric_max(layer->u_bits);
	const int32_t most = essm_symmetric_max(layer->x_bits);
	uint32_t *dither = (uint32_t *)(void *)(model->arena + 4);
	const essm_i16 *a;
	const uint8_t *b;
	const int8_t *c;
	int32_t u, acc, gained;

	u = essm_add(essm_mul(residual, (int32_t)(2048 + (u_scale & 2047))), essm_mul(u_offset, (int32_t)(1u << (u_shift - 4)))) >> u_shift;
	u = essm_clamp(u, -u_most, u_most);
	gained = essm_mul(u, (int32_t)(1u << head[4]));

	if (layer->polar) {
		essm_i16 *out = (essm_i16 *)(void *)(model->arena + arena->scratch_a);
		essm_unpack_polar(layer->a + h * essm_packed_bytes(modes, (uint32_t)layer->a_bits + layer->phase_bits), modes, layer,
			layer->polar_heads + h * ESSM_POLAR_HEAD_BYTES, out);
		a = out;
	} else if (layer->a_bits != 16) {
		essm_i16 *out = (essm_i16 *)(void *)(model->arena + arena->scratch_a);
		essm_unpack_i16(layer->a + h * essm_packed_bytes(2 * modes, layer->a_bits), 2 * modes, layer->a_bits, 16u - layer->a_bits, out);
		a = out;
	} else
		a = (const essm_i16 *)(const void *)(layer->a + h * 4 * modes);

	if (layer->b_bits == 4) {
		uint8_t *out = model->arena + arena->scratch_b;
		essm_unpack_gain(layer->b + h * essm_packed_bytes(modes, 4), modes, out);
		b = out;
	} else
		b = layer->b + h * modes;

	if (layer->c_bits != 8) {
		int8_t *out = (int8_t *)(model->arena + arena->scratch_c);
		essm_unpack_i8(layer->c + h * essm_packed_bytes(2 * modes, layer->c_bits), 2 * modes, layer->c_bits, out);
		c = out;
	} else
		c = (const int8_t *)(layer->c + h * 2 * modes);

	if (layer->x_bits <= 8) {
		int8_t *state = (int8_t *)x + h * 2 * modes;
		acc = layer->dithered ? modes8_dithered(a, b, c, state, modes, gained, most, dither)
		                      : modes8(a, b, c, state, modes, gained, most, dither);
	} else {
		essm_i16 *state = (essm_i16 *)(void *)x + h * 2 * modes;
		acc = layer->dithered ? modes16_dithered(a, b, c, state, modes, gained, most, dither)
		                      : modes16(a, b, c, state, modes, gained, most, dither);
	}
	return essm_saturate16(essm_add(essm_scale(essm_round_shift(acc, layer->c_preshift), essm_read16(head + 2)),
		essm_scale(essm_unpack_one(layer->d, h, layer->d_bits) * u, layer->d_scale)));
}
