/*
 * essm_ssm.c - a layer's S4D heads and the activation behind them, one step or several fours. For each head and step:
 *
 *     u  = saturate(scale(residual - zero, u_scale))                BatchNorm and quantization in one
 *     x' = saturate((Abar x + b u + rounding) >> 15)                Abar Q15; x 8 or 16 bits, a scale of its own a mode
 *     y  = scale(round_shift(sum Re(C x')), c_scale) + scale(d u, d_scale)
 *     g  = scale(y Phi(y)) - zero
 *
 * Rounding is one half, or dithered: 15 bits of a word that goes round in steps of the golden ratio, and what they leave of
 * 32767 for the imaginary part. A slow mode that moves by less than half a step a tick would freeze at one half; and since
 * successive words are spread evenly, what one step rounds up a near one rounds down.
 */
#include "essm_internal.h"

/* The modes of a head: Abar (N, 2), gains (N), C (N, 2) and the state (N, 2), int16 where it is wide and int8 elsewhere. */
typedef struct {
	const essm_i16 *a;
	const essm_i32 *b;
	const int8_t *c;
	uint8_t *x;
	uint32_t modes;
	int wide, dithered;
	int32_t most; /* magnitude at which x saturates */
} head_modes;

/* A head at one step: u, and the sum of Re(C x') that comes of it, which begins with what rounds its preshift. */
typedef struct {
	int32_t u;
	uint32_t sum;
} head_step;

enum { HALF = 1 << 14 };

/* One step of one mode: (re, im) becomes x', its part of y is returned. Half of the kernel's work. */
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

/* A mode's state, and where the next one's stands. */
ESSM_INLINE void load(const uint8_t *x, int wide, int32_t *re, int32_t *im)
{
	if (wide)
		*re = ((const essm_i16 *)(const void *)x)[0], *im = ((const essm_i16 *)(const void *)x)[1];
	else
		*re = (int8_t)x[0], *im = (int8_t)x[1];
}

ESSM_INLINE uint8_t *store(uint8_t *x, int wide, int32_t re, int32_t im)
{
	if (wide) {
		((essm_i16 *)(void *)x)[0] = (int16_t)re;
		((essm_i16 *)(void *)x)[1] = (int16_t)im;
		return x + 4;
	}
	x[0] = (uint8_t)re;
	x[1] = (uint8_t)im;
	return x + 2;
}

/*
 * Moves the modes of a head through `steps` steps, each mode through all of them while it is at hand. `word` is the first
 * step's dither behind the mode before. To nearest is the same with a word that stands still at one half for both parts.
 */
ESSM_HOT ESSM_APART static void move_steps(const head_modes *head, uint32_t word, head_step *at, uint32_t steps)
{
	const essm_i16 *a = head->a;
	const essm_i32 *b = head->b, *const end = b + head->modes;
	const int8_t *c = head->c;
	uint8_t *x = head->x;
	const int wide = head->wide, dithered = head->dithered;
	const int32_t most = head->most;
	const uint32_t turn = dithered ? ESSM_DITHER_STEP : 0, flip = dithered ? 32767 : 0;
	for (; b != end; a += 2, b++, c += 2) {
		head_step *step = at, *const last = step + steps;
		uint32_t drawn;
		int32_t re, im;
		load(x, wide, &re, &im);
		word += ESSM_DITHER_MODE;
		drawn = dithered ? word : (uint32_t)HALF << 17;
		for (; step != last; step++, drawn += turn)
			step->sum += move(a, *b, c, &re, &im, most, step->u, drawn >> 17, drawn >> 17 ^ flip);
		x = store(x, wide, re, im);
	}
}

/* The same to nearest and four steps at a time, all of their numbers in registers. */
ESSM_HOT ESSM_APART static void move_fours(const head_modes *head, head_step *at, uint32_t steps)
{
	const int wide = head->wide;
	const int32_t most = head->most;
	head_step *step = at, *const last = step + steps;
	for (; step != last; step += 4) {
		const essm_i16 *a = head->a;
		const essm_i32 *b = head->b, *const end = b + head->modes;
		const int8_t *c = head->c;
		uint8_t *x = head->x;
		uint32_t sum[4], t;
		int32_t u[4];
		ESSM_UNROLL for (t = 0; t < 4; t++) sum[t] = step[t].sum, u[t] = step[t].u;
		for (; b != end; a += 2, b++, c += 2) {
			int32_t re, im;
			load(x, wide, &re, &im);
			ESSM_UNROLL for (t = 0; t < 4; t++) sum[t] += move(a, *b, c, &re, &im, most, u[t], HALF, HALF);
			x = store(x, wide, re, im);
		}
		ESSM_UNROLL for (t = 0; t < 4; t++) step[t].sum = sum[t];
	}
}

/* Abar, gains and C of head h, where they stand in the blob or unpacked into the arena. */
ESSM_HOT static void find_modes(const essm *model, const essm_layer *layer, const essm_arena *arena, uint32_t h, head_modes *head)
{
	const uint32_t modes = model->modes;
	essm_i16 *a = (essm_i16 *)(void *)(model->arena + arena->scratch_a);
	essm_i32 *b = (essm_i32 *)(void *)(model->arena + arena->scratch_b);
	int8_t *c = (int8_t *)(model->arena + arena->scratch_c);
	const essm_layer_header *header = layer->header;
	const uint8_t *a_row = layer->a + h * layer->a_stride;
	head->a = a;
	if (header->kind == ESSM_POLAR)
		essm_unpack_polar(a_row, modes, header,
			essm_read16(layer->polar_heads + h * ESSM_POLAR_HEAD_BYTES), a);
	else if (header->a_bits != 16)
		essm_unpack_cartesian(a_row, 2 * modes, header->a_bits, a);
	else
		head->a = (const essm_i16 *)(const void *)a_row;
	head->b = b;
	essm_unpack_gain(layer->b + h * layer->b_stride, modes, header->b_bits,
		layer->heads[h * ESSM_HEAD_BYTES + 2] & 31, head->a, b);
	head->c = essm_unpack_i8(layer->c + h * layer->c_stride, 2 * modes, header->c_bits, c);
}

/* u of a head's steps, and the beginning of their sums. */
ESSM_HOT static void inputs(const uint8_t *record, const essm_layer_header *header, const essm_i16 *residual, head_step *at,
	uint32_t steps)
{
	const essm_factor scale = essm_coarse_factor_of(record[0]);
	const int32_t most = essm_symmetric_max(header->u_bits), zero = (int16_t)(record[3] | record[4] << 8) * (1 << (record[2] >> 5));
	const uint32_t half = essm_half(header->c_preshift);
	uint32_t t = 0;
	do {
		at[t].u = essm_saturate(essm_scale(residual[t] - zero, scale), most);
		at[t].sum = half;
	} while (++t != steps);
}

/* g of a head's steps. */
ESSM_HOT static void outputs(const essm_layer *layer, const uint8_t *record, uint32_t h, const uint16_t *activation,
	const head_step *at, int8_t *g, uint32_t steps)
{
	const essm_layer_header *header = layer->header;
	const essm_factor c_scale = essm_coarse_factor_of(record[1]), d_scale = essm_factor_of(header->d_scale);
	const uint32_t above = 32u - header->d_bits;
	const int32_t d = (int32_t)(essm_bits(layer->d, h * header->d_bits) << above) >> above;
	const essm_factor d_factor = {d * d_scale.mantissa, d_scale.shift};
	const essm_factor g_scale = essm_factor_of(header->g_scale);
	const int32_t most = essm_symmetric_max(header->g_bits), zero = header->g_zero;
	const uint32_t preshift = header->c_preshift, fraction = header->y_fraction;
	const int8_t *const end = g + steps;
	do {
		const int32_t y = essm_saturate16(
			essm_add(essm_scale((int32_t)at->sum >> preshift, c_scale), essm_scale(at->u, d_factor)));
		const int32_t product = essm_round_shift(y * essm_phi_of(activation, y, fraction), 15);
		*g++ = (int8_t)essm_clamp(essm_scale(product, g_scale) - zero, -1 - most, most);
		at++;
	} while (g != end);
}

ESSM_HOT uint32_t essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint8_t *x,
	const essm_i16 *residual, int8_t *g, uint32_t dither, uint32_t steps)
{
	const essm_layer_header *header = layer->header;
	const uint8_t *record = layer->heads;
	head_modes head;
	head_step at[ESSM_BLOCK];
	uint32_t h;
	head.x = x;
	head.modes = model->modes;
	head.wide = header->x_bits > 8;
	head.dithered = header->dithered;
	head.most = essm_symmetric_max(header->x_bits);
	for (h = 0; h < model->heads; h++, record += ESSM_HEAD_BYTES) {
		inputs(record, header, residual, at, steps);
		find_modes(model, layer, arena, h, &head);
		if (steps == 1 || head.dithered)
			move_steps(&head, dither, at, steps);
		else
			move_fours(&head, at, steps);
		if (head.dithered)
			dither += head.modes * ESSM_DITHER_MODE;
		outputs(layer, record, h, essm_phi[model->blob[ESSM_AT_ACTIVATION]], at, g, steps);
		head.x += (head.wide ? 4 : 2) * head.modes;
		residual += steps;
		g += steps;
	}
	return dither;
}
