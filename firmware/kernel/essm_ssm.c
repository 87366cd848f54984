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

/* A head at one step: u, u << shift, and the sum of Re(C x') that comes of it. */
typedef struct {
	int32_t u, gained;
	uint32_t sum;
} head_step;

/* Moves the N modes of a head through its steps. */
typedef void (*move_modes)(const mode_rows *rows, void *state, uint32_t modes, int32_t most, uint32_t *dither, head_step *at);

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
		head_step *at)                                                                                       \
	{                                                                                                            \
		const essm_i16 *a = rows->a;                                                                         \
		const uint8_t *b = rows->b;                                                                          \
		const int8_t *c = rows->c;                                                                           \
		type *x = state, *const end = x + 2 * modes;                                                         \
		const int32_t drive = at->gained;                                                                    \
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
		at->sum = sum;                                                                                       \
	}

ESSM_MOVE_ONE(move8, int8_t, 0)
ESSM_MOVE_ONE(move8_dithered, int8_t, 1)
ESSM_MOVE_ONE(move16, essm_i16, 0)
ESSM_MOVE_ONE(move16_dithered, essm_i16, 1)

/* ESSM_BLOCK steps, each mode through all of them while it is at hand. */
ESSM_HOT static void move16_four(const mode_rows *rows, void *state, uint32_t modes, int32_t most, uint32_t *dither, head_step *at)
{
	const essm_i16 *a = rows->a;
	const uint8_t *b = rows->b;
	const int8_t *c = rows->c;
	essm_i16 *x = state, *const end = x + 2 * modes;
	const int32_t drive0 = at[0].gained, drive1 = at[1].gained, drive2 = at[2].gained, drive3 = at[3].gained;
	uint32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
	(void)dither;
	for (; x != end; x += 2, a += 2, c += 2, b++) {
		int32_t re = x[0], im = x[1];
		sum0 += move(a, *b, c, &re, &im, most, drive0, HALF, HALF);
		sum1 += move(a, *b, c, &re, &im, most, drive1, HALF, HALF);
		sum2 += move(a, *b, c, &re, &im, most, drive2, HALF, HALF);
		sum3 += move(a, *b, c, &re, &im, most, drive3, HALF, HALF);
		x[0] = (int16_t)re;
		x[1] = (int16_t)im;
	}
	at[0].sum = sum0, at[1].sum = sum1, at[2].sum = sum2, at[3].sum = sum3;
}

static move_modes choose(const essm_layer *layer, uint32_t steps)
{
	const int wide = layer->x_bits > 8;
	if (steps != 1)
		return move16_four;
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

ESSM_HOT void essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint8_t *x, const uint16_t *activation,
	const essm_i16 *residual, int8_t *g, uint32_t steps)
{
	const uint32_t heads = model->heads, modes = model->modes;
	const move_modes move_head = choose(layer, steps);
	const uint32_t state_bytes = (layer->x_bits > 8 ? 4 : 2) * modes;
	const int packed = layer->polar || layer->a_bits != 16 || layer->b_bits != 8 || layer->c_bits != 8;
	uint32_t *dither = (uint32_t *)(void *)(model->arena + 4);
	const int32_t u_most = essm_symmetric_max(layer->u_bits), most = essm_symmetric_max(layer->x_bits);
	const int32_t g_most = essm_symmetric_max(layer->g_bits), g_least = -1 - g_most;
	/* copies: bytes are stored in the loop, and a byte may be anything's */
	const essm_factor d_scale = essm_factor_of(layer->d_scale), g_scale = essm_factor_of(layer->g_scale);
	const uint32_t c_preshift = layer->c_preshift, d_bits = layer->d_bits, y_fraction = layer->y_fraction;
	const int32_t g_zero = layer->g_zero;
	const uint8_t *head = layer->heads, *d = layer->d;
	mode_rows rows = {(const essm_i16 *)(const void *)layer->a, layer->b, (const int8_t *)layer->c};
	uint32_t h;
	for (h = 0; h < heads; h++) {
		const uint32_t scales = essm_read32(head), input = essm_read32(head + 4), b_shift = input & 255;
		const essm_factor u_scale = essm_factor_of(scales & 0xffff), c_scale = essm_factor_of(scales >> 16);
		const int32_t u_offset = (int32_t)((uint32_t)((int32_t)input >> 8) << (u_scale.shift - 4));
		const int32_t d_code = d_bits == 8 ? (int8_t)d[h] : essm_code(d, h, d_bits);
		const essm_factor d_factor = {d_code * d_scale.mantissa, d_scale.shift};
		head_step at[ESSM_BLOCK], *const end = at + steps, *step;
		for (step = at; step != end; step++) {
			step->u = essm_saturate(essm_add(essm_mul(*residual++, u_scale.mantissa), u_offset) >> u_scale.shift, u_most);
			step->gained = (int32_t)((uint32_t)step->u << b_shift);
		}
		if (packed)
			rows = unpack_rows(model, layer, arena, h, rows);
		move_head(&rows, x, modes, most, dither, at);
		for (step = at; step != end; step++) {
			int32_t y = essm_scale(essm_round_shift((int32_t)step->sum, c_preshift), c_scale), product;
			y = essm_saturate16(essm_add(y, essm_scale(step->u, d_factor)));
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
