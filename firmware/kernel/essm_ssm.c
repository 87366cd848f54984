/*
 * essm_ssm.c - a layer's S4D heads and the activation behind them, one step or four. For each head and step:
 *
 *     u  = saturate(scale(residual - zero, u_scale))                BatchNorm and quantization in one
 *     x' = saturate((Abar x + b u + rounding) >> 15)                Abar Q15; x 8 or 16 bits, a scale of its own a mode
 *     y  = scale(round_shift(sum Re(C x')), c_scale) + scale(d u, d_scale)
 *     g  = scale(y Phi(y)) - zero
 *
 * Rounding is one half, or 15 bits of xorshift32 for each coordinate (dithered): a slow mode that moves by less than half a
 * step a tick would otherwise freeze.
 */
#include "essm_internal.h"

/* The modes of a head: Abar (N, 2), gains (N), C (N, 2) and the state (N, 2), int16 where it is wide and int8 elsewhere. */
typedef struct {
	const essm_i16 *a;
	const essm_i32 *b;
	const int8_t *c;
	uint8_t *x;
	int wide;
	int32_t most; /* magnitude at which x saturates */
} head_modes;

/* A head at one step: u, and the sum of Re(C x') that comes of it. */
typedef struct {
	int32_t u;
	uint32_t sum;
} head_step;

enum { HALF = 1 << 14 };

static inline uint32_t next_dither(uint32_t s) /* xorshift32 */
{
	s ^= s << 13;
	s ^= s >> 17;
	return s ^ s << 5;
}

/* One step of one mode: (re, im) becomes x', its part of y is returned. Nine tenths of the kernel's work. */
ESSM_INLINE uint32_t move(const essm_i16 *a, int32_t b, const int8_t *c, int32_t *re, int32_t *im, int32_t most, int32_t u,
	uint32_t round_re, uint32_t round_im)
{
	const uint32_t drive = (uint32_t)b * (uint32_t)u;
	const int32_t next_re = (int32_t)((uint32_t)(a[0] * *re) - (uint32_t)(a[1] * *im) + drive + round_re) >> 15;
	const int32_t next_im = (int32_t)((uint32_t)(a[0] * *im) + (uint32_t)(a[1] * *re) + round_im) >> 15;
	*re = essm_saturate(next_re, most);
	*im = essm_saturate(next_im, most);
	return (uint32_t)(c[0] * *re) - (uint32_t)(c[1] * *im);
}

/*
 * Moves the `modes` modes of a head through `steps` steps, each mode through all of them while it is at hand. Inlined with
 * constant `steps` and `dithered`.
 */
ESSM_INLINE void move_modes(const head_modes *head, uint32_t modes, uint32_t steps, int dithered, uint32_t *dither, head_step *at)
{
	const essm_i16 *a = head->a;
	const essm_i32 *b = head->b;
	const int8_t *c = head->c;
	uint8_t *x = head->x;
	const int wide = head->wide;
	const int32_t most = head->most;
	uint32_t sum[ESSM_BLOCK], s[ESSM_BLOCK], t;
	int32_t u[ESSM_BLOCK];
	ESSM_UNROLL for (t = 0; t < steps; t++) sum[t] = 0, u[t] = at[t].u, s[t] = dither[t];
	for (; modes--; a += 2, b++, c += 2) {
		int32_t re, im;
		if (wide)
			re = ((const essm_i16 *)(void *)x)[0], im = ((const essm_i16 *)(void *)x)[1];
		else
			re = (int8_t)x[0], im = (int8_t)x[1];
		ESSM_UNROLL for (t = 0; t < steps; t++)
		{
			if (dithered)
				s[t] = next_dither(s[t]);
			sum[t] += move(a, *b, c, &re, &im, most, u[t], dithered ? s[t] & 0x7fff : HALF, dithered ? s[t] >> 17 : HALF);
		}
		if (wide) {
			((essm_i16 *)(void *)x)[0] = (int16_t)re;
			((essm_i16 *)(void *)x)[1] = (int16_t)im;
			x += 4;
		} else {
			*x++ = (uint8_t)re;
			*x++ = (uint8_t)im;
		}
	}
	ESSM_UNROLL for (t = 0; t < steps; t++) at[t].sum = sum[t], dither[t] = s[t];
}

ESSM_HOT ESSM_APART static void move_one(const head_modes *head, uint32_t modes, int dithered, uint32_t *dither, head_step *at)
{
	move_modes(head, modes, 1, dithered, dither, at);
}

ESSM_HOT ESSM_APART static void move_block(const head_modes *head, uint32_t modes, uint32_t *dither, head_step *at)
{
	move_modes(head, modes, ESSM_BLOCK, 0, dither, at);
}

ESSM_HOT ESSM_APART static void move_block_dithered(const head_modes *head, uint32_t modes, uint32_t *dither, head_step *at)
{
	move_modes(head, modes, ESSM_BLOCK, 1, dither, at);
}

/* Abar, gains and C of head h, where they stand in the blob or unpacked into the arena. */
ESSM_HOT static void find_modes(const essm *model, const essm_layer *layer, const essm_arena *arena, uint32_t h, uint32_t b_shift,
	head_modes *head)
{
	const uint32_t modes = model->modes;
	essm_i16 *a = (essm_i16 *)(void *)(model->arena + arena->scratch_a);
	essm_i32 *b = (essm_i32 *)(void *)(model->arena + arena->scratch_b);
	int8_t *c = (int8_t *)(model->arena + arena->scratch_c);
	if (layer->polar)
		essm_unpack_polar(layer->a + h * essm_packed_bytes(modes, (uint32_t)layer->a_bits + layer->phase_bits), modes, layer,
			essm_read16(layer->polar_heads + h * ESSM_POLAR_HEAD_BYTES), a);
	else if (layer->a_bits != 16)
		essm_unpack_cartesian(layer->a + h * essm_packed_bytes(2 * modes, layer->a_bits), 2 * modes, layer->a_bits, a);
	else
		a = (essm_i16 *)(uintptr_t)(layer->a + 4 * h * modes);
	essm_unpack_gain(layer->b + h * essm_packed_bytes(modes, layer->b_bits), modes, layer->b_bits, b_shift, a, b);
	if (layer->c_bits != 8)
		essm_unpack_i8(layer->c + h * essm_packed_bytes(2 * modes, layer->c_bits), 2 * modes, layer->c_bits, c);
	else
		c = (int8_t *)(uintptr_t)(layer->c + 2 * h * modes);
	head->a = a;
	head->b = b;
	head->c = c;
}

ESSM_HOT void essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint8_t *x, const uint16_t *activation,
	const essm_i16 *residual, int8_t *g, uint32_t *dither, uint32_t steps)
{
	const uint32_t heads = model->heads, modes = model->modes;
	const int32_t u_most = essm_symmetric_max(layer->u_bits);
	const int32_t g_most = essm_symmetric_max(layer->g_bits), g_least = -1 - g_most;
	/* copies: bytes are stored in the loop, and a byte may be anything's */
	const essm_factor d_scale = essm_factor_of(layer->d_scale), g_scale = essm_factor_of(layer->g_scale);
	const uint32_t c_preshift = layer->c_preshift, d_bits = layer->d_bits, y_fraction = layer->y_fraction;
	const int32_t g_zero = layer->g_zero;
	const int dithered = layer->dithered;
	const uint8_t *record = layer->heads, *d = layer->d;
	head_modes head;
	uint32_t h;
	head.x = x;
	head.wide = layer->x_bits > 8;
	head.most = essm_symmetric_max(layer->x_bits);
	for (h = 0; h < heads; h++, record += ESSM_HEAD_BYTES) {
		const essm_factor u_scale = essm_coarse_factor_of(record[0]), c_scale = essm_coarse_factor_of(record[1]);
		const int32_t u_zero = (int16_t)(record[3] | record[4] << 8) * (1 << (record[2] >> 5));
		const int32_t d_code = d_bits == 8 ? (int8_t)d[h] : essm_code(d, h, d_bits);
		const essm_factor d_factor = {d_code * d_scale.mantissa, d_scale.shift};
		head_step at[ESSM_BLOCK], *const end = at + steps, *step;
		for (step = at; step != end; step++)
			step->u = essm_saturate(essm_scale(*residual++ - u_zero, u_scale), u_most);
		find_modes(model, layer, arena, h, record[2] & 31, &head);
		if (steps == 1)
			move_one(&head, modes, dithered, dither, at);
		else if (dithered)
			move_block_dithered(&head, modes, dither, at);
		else
			move_block(&head, modes, dither, at);
		head.x += (head.wide ? 4 : 2) * modes;
		for (step = at; step != end; step++) {
			int32_t y = essm_scale(essm_round_shift((int32_t)step->sum, c_preshift), c_scale), product;
			y = essm_saturate16(essm_add(y, essm_scale(step->u, d_factor)));
			product = essm_round_shift(y * essm_phi_of(activation, y, y_fraction), 15);
			*g++ = (int8_t)essm_clamp(essm_scale(product, g_scale) - g_zero, g_least, g_most);
		}
	}
}
