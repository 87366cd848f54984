/*
 * essm_ssm.c - a layer's S4D heads and the activation behind them, one step or four. For each head and step:
 *
 *     u  = saturate((residual * m + (offset << (s - 4))) >> s)                        BatchNorm and quantization in one
 *     x' = saturate((Abar x + (b u << shift) + rounding) >> 15)     Abar Q15; x 8 or 16 bits, a scale of its own a mode
 *     y  = scale(round_shift(sum Re(C x')), c_scale) + scale(d u, d_scale)
 *     g  = scale(y Phi(y)) - zero
 *
 * Rounding is one half, or 15 bits of xorshift32 for each coordinate (dithered): a slow mode that moves by less than half a
 * step a tick would otherwise freeze.
 */
#include "essm_internal.h"

/* A head: Abar (N, 2), B (N) and C (N, 2) of its modes. */
typedef struct {
	const essm_i16 *a;
	const uint8_t *b;
	const int8_t *c;
} mode_rows;

/* Moves the N modes of a head. `gained` is u << shift of each step; the sums of Re(C x') of each step go to `sums`. */
typedef void (*move_modes)(const mode_rows *rows, void *state, uint32_t modes, int32_t most, uint32_t *dither,
	const int32_t *gained, uint32_t *sums);

/* One step of one mode: (re, im) becomes x', its part of y is returned. Nine tenths of the kernel's work. */
ESSM_INLINE uint32_t move(const essm_i16 *a, uint32_t b, const int8_t *c, int32_t *re, int32_t *im, int32_t most, int32_t gained,
	uint32_t round_re, uint32_t round_im)
{
	const int32_t next_re = (int32_t)((uint32_t)(a[0] * *re) - (uint32_t)(a[1] * *im) + b * (uint32_t)gained + round_re) >> 15;
	const int32_t next_im = (int32_t)((uint32_t)(a[0] * *im) + (uint32_t)(a[1] * *re) + round_im) >> 15;
	*re = essm_saturate(next_re, most);
	*im = essm_saturate(next_im, most);
	return (uint32_t)(c[0] * *re) - (uint32_t)(c[1] * *im);
}

enum { HALF = 1 << 14 };

#define ESSM_MOVE_ONE(name, type, dithered)                                                                          \
	ESSM_HOT static void name(const mode_rows *rows, void *state, uint32_t modes, int32_t most, uint32_t *dither, \
		const int32_t *gained, uint32_t *sums)                                                               \
	{                                                                                                            \
		const essm_i16 *a = rows->a;                                                                         \
		const uint8_t *b = rows->b;                                                                          \
		const int8_t *c = rows->c;                                                                           \
		type *x = state, *const end = x + 2 * modes;                                                         \
		const int32_t drive = gained[0];                                                                     \
		uint32_t s = *dither, sum = 0;                                                                       \
		for (; x != end; x += 2, a += 2, c += 2) {                                                           \
			int32_t re = x[0], im = x[1];                                                                \
			if (dithered) {                                                                              \
				s ^= s << 13;                                                                        \
				s ^= s >> 17;                                                                        \
				s ^= s << 5;                                                                         \
			}                                                                                            \
			sum += move(a, *b++, c, &re, &im, most, drive, dithered ? s & 0x7fff : HALF, dithered ? s >> 17 : HALF); \
			x[0] = (type)re;                                                                             \
			x[1] = (type)im;                                                                             \
		}                                                                                                    \
		*dither = s;                                                                                         \
		sums[0] = sum;                                                                                       \
	}

ESSM_MOVE_ONE(move8, int8_t, 0)
ESSM_MOVE_ONE(move8_dithered, int8_t, 1)
ESSM_MOVE_ONE(move16, essm_i16, 0)
ESSM_MOVE_ONE(move16_dithered, essm_i16, 1)

#define ESSM_MOVE_FOUR(name, type)                                                                                   \
	ESSM_HOT static void name(const mode_rows *rows, void *state, uint32_t modes, int32_t most, uint32_t *dither, \
		const int32_t *gained, uint32_t *sums)                                                               \
	{                                                                                                            \
		const essm_i16 *a = rows->a;                                                                         \
		const uint8_t *b = rows->b;                                                                          \
		const int8_t *c = rows->c;                                                                           \
		type *x = state, *const end = x + 2 * modes;                                                         \
		const int32_t drive0 = gained[0], drive1 = gained[1], drive2 = gained[2], drive3 = gained[3];        \
		uint32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;                                                     \
		(void)dither;                                                                                        \
		for (; x != end; x += 2, a += 2, c += 2, b++) {                                                      \
			int32_t re = x[0], im = x[1];                                                                \
			sum0 += move(a, *b, c, &re, &im, most, drive0, HALF, HALF);                                  \
			sum1 += move(a, *b, c, &re, &im, most, drive1, HALF, HALF);                                  \
			sum2 += move(a, *b, c, &re, &im, most, drive2, HALF, HALF);                                  \
			sum3 += move(a, *b, c, &re, &im, most, drive3, HALF, HALF);                                  \
			x[0] = (type)re;                                                                             \
			x[1] = (type)im;                                                                             \
		}                                                                                                    \
		sums[0] = sum0, sums[1] = sum1, sums[2] = sum2, sums[3] = sum3;                                      \
	}

ESSM_MOVE_FOUR(move8_four, int8_t)
ESSM_MOVE_FOUR(move16_four, essm_i16)

static move_modes choose(const essm_layer *layer, uint32_t steps)
{
	const int wide = layer->x_bits > 8;
	if (steps != 1)
		return wide ? move16_four : move8_four;
	if (layer->dithered)
		return wide ? move16_dithered : move8_dithered;
	return wide ? move16 : move8;
}

/* `rows` of head h, with those that do not stand ready in the blob unpacked into the arena. */
ESSM_HOT static mode_rows unpack_rows(const essm *model, const essm_layer *layer, const essm_arena *arena, uint32_t h, mode_rows rows)
{
	const uint32_t modes = model->modes;
	if (layer->polar || layer->a_bits != 16) {
		essm_i16 *out = (essm_i16 *)(void *)(model->arena + arena->scratch_a);
		if (layer->polar)
			essm_unpack_polar(layer->a + h * essm_packed_bytes(modes, (uint32_t)layer->a_bits + layer->phase_bits), modes, layer,
				layer->polar_heads + h * ESSM_POLAR_HEAD_BYTES, out);
		else
			essm_unpack_cartesian(layer->a + h * essm_packed_bytes(2 * modes, layer->a_bits), 2 * modes, layer->a_bits, out);
		rows.a = out;
	}
	if (layer->b_bits != 8) {
		uint8_t *out = model->arena + arena->scratch_b;
		essm_unpack_gain(layer->b + h * essm_packed_bytes(modes, 4), modes, out);
		rows.b = out;
	}
	if (layer->c_bits != 8) {
		int8_t *out = (int8_t *)(model->arena + arena->scratch_c);
		essm_unpack_i8(layer->c + h * essm_packed_bytes(2 * modes, layer->c_bits), 2 * modes, layer->c_bits, out);
		rows.c = out;
	}
	return rows;
}

ESSM_HOT void essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint8_t *x, const essm_i16 *residual, int8_t *g, uint32_t steps)
{
	const uint32_t heads = model->heads, modes = model->modes;
	const move_modes move_head = choose(layer, steps);
	const uint32_t state_bytes = (layer->x_bits > 8 ? 4 : 2) * modes;
	const int packed = layer->polar || layer->a_bits != 16 || layer->b_bits != 8 || layer->c_bits != 8;
	const uint16_t *activation = essm_phi[model->blob[ESSM_AT_ACTIVATION]];
	uint32_t *dither = (uint32_t *)(void *)(model->arena + 4);
	const int32_t u_most = essm_symmetric_max(layer->u_bits), most = essm_symmetric_max(layer->x_bits);
	const int32_t g_most = essm_symmetric_max(layer->g_bits), g_least = -1 - g_most;
	/* copies: bytes are stored in the loop, and a byte may be anything's */
	const uint32_t c_preshift = layer->c_preshift, d_bits = layer->d_bits, d_scale = layer->d_scale;
	const uint32_t y_fraction = layer->y_fraction, g_scale = layer->g_scale;
	const int32_t g_zero = layer->g_zero;
	const uint8_t *head = layer->heads, *d = layer->d;
	mode_rows rows = {(const essm_i16 *)(const void *)layer->a, layer->b, (const int8_t *)layer->c};
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const uint32_t u_scale = essm_read16(head), u_shift = u_scale >> 11, c_scale = essm_read16(head + 2), b_shift = head[4];
		const int32_t u_mantissa = essm_mantissa(u_scale);
		const int32_t u_offset = (int32_t)((uint32_t)((int32_t)essm_read32(head + 4) >> 8) << (u_shift - 4));
		const int32_t d_code = d_bits == 8 ? (int8_t)d[h] : essm_code(d, h, d_bits);
		int32_t u[ESSM_BLOCK], gained[ESSM_BLOCK];
		uint32_t sums[ESSM_BLOCK], t;
		for (t = 0; t < steps; t++) {
			u[t] = essm_saturate(essm_add(essm_mul(*residual++, u_mantissa), u_offset) >> u_shift, u_most);
			gained[t] = (int32_t)((uint32_t)u[t] << b_shift);
		}
		if (packed)
			rows = unpack_rows(model, layer, arena, h, rows);
		move_head(&rows, x, modes, most, dither, gained, sums);
		for (t = 0; t < steps; t++) {
			int32_t y = essm_scale(essm_round_shift((int32_t)sums[t], c_preshift), c_scale), product;
			y = essm_saturate16(essm_add(y, essm_scale(d_code * u[t], d_scale)));
			product = essm_round_shift(y * essm_phi_of(activation, y, y_fraction), 15);
			*g++ = (int8_t)essm_clamp(essm_scale(product, g_scale) - g_zero, g_least, g_most);
		}
		head += ESSM_HEAD_BYTES;
		rows.a += 2 * modes;
		rows.b += modes;
		rows.c += 2 * modes;
		x += state_bytes;
	}
}
