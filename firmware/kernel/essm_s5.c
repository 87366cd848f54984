/*
 * essm_s5.c - the S5 mixer, one step or a multiple of four: the heads share their modes. u of all heads drives each mode
 * through two rows of B, real and imaginary part; y of each head is a row of C times all states.
 */
#include "essm_rows.h"
#include "essm_scan.h"

ESSM_COLD const uint8_t *essm_s5_open(essm_checker *checker, const uint8_t *at)
{
	const essm_s5_header *header = (const essm_s5_header *)(const void *)at;
	const uint32_t heads = checker->heads;
	essm_s5_parts parts;
	const uint8_t *poles, *after;
	uint32_t a;
	if (header->p < 1 || header->p > 256)
		return essm_refuse(checker, ESSM_E_SHAPE);
	poles = essm_check_end(checker, essm_s5_view(at, heads, &parts));
	if (!poles)
		return 0;
	after = essm_poles_open(checker, header->a_kind, poles, 1, header->p);
	if (!after)
		return 0;
	checker->state += essm_align4((header->x_bits <= 8 ? 2u : 4u) * header->p);
	/* Abar stays allocated while pairs of rows come and go */
	a = essm_poles_scratch(header->a_kind, poles, header->p);
	essm_need_rows(checker, a, a);
	essm_need_row_pairs(checker, a, header->p, heads, header->b_bits, header->b_bits, 0);
	essm_need_row_pairs(checker, a, (heads + 1) / 2, 2u * header->p, header->c_bits, header->c_bits, 1);
	return after;
}

/* Number of steps whose states are kept for C: times 2 P, at most 2 KB of stack. */
enum { STATES = 1024 };

/* Advances all modes by `steps` steps; writes (re, -im) of each to `states` (modes, 2, steps). Returns the end of the state. */
ESSM_LOOP static uint8_t *move(essm_pass *pass, const essm_s5_parts *parts, const essm_i16 *a, const essm_rows *b,
	uint32_t word, uint32_t steps, essm_i16 *states)
{
	const essm_s5_header *header = parts->header;
	const int wide = header->x_bits > 8, dithered = header->x_rounding;
	const uint32_t max = (uint32_t)essm_symmetric_max(header->x_bits), modes = header->p;
	uint8_t *x = pass->x;
	uint32_t i;
	for (i = 0; i < modes; i++, a += 2) {
		const essm_factor factor = essm_lifted_factor_of(parts->b_scale[i], header->b_lift);
		const uint32_t half = essm_half(factor.shift);
		const essm_i16 *const last = states + steps;
		essm_sums found[ESSM_BLOCK];
		const essm_sums *sum = found;
		essm_mode mode = essm_begin_mode(a, x, wide, max, dithered);
		uint32_t drawn = word += ESSM_DITHER_MODE;
		essm_times(pass, b, i, steps, found);
		for (; states != last; states++, sum++, drawn += ESSM_DITHER_STEP) {
			const int32_t re = (int32_t)(sum->first * (uint32_t)factor.mantissa + half) >> factor.shift;
			const int32_t im = (int32_t)(sum->second * (uint32_t)factor.mantissa + half) >> factor.shift;
			essm_move_mode(&mode, (uint32_t)re, (uint32_t)im, dithered, drawn);
			states[0] = (int16_t)(mode.re - max);
			states[steps] = (int16_t)(max - mode.im);
		}
		states += steps;
		x = essm_store_mode(x, wide, (int32_t)(mode.re - max), (int32_t)(mode.im - max));
	}
	return x;
}

/* Destination of y: `steps` of them, of a signal (heads, all). */
typedef struct {
	essm_output output;
	essm_i16 *signal;
	uint32_t steps, all;
} target;

ESSM_HOT static void give(const void *context, uint32_t h, const uint32_t *sum)
{
	const target *to = context;
	essm_finish_head(&to->output, h, sum, 0, to->signal + h * to->all, to->steps);
}

/* With the states next to them, the other locals would be out of range of an instruction's offset. */
ESSM_COLD ESSM_APART static const uint8_t *run(essm_pass *pass, const uint8_t *at, essm_i16 *states)
{
	essm_s5_parts parts;
	essm_poles poles;
	essm_rows b, c;
	const uint8_t *const inner = essm_s5_view(at, pass->heads, &parts);
	const essm_s5_header *header = parts.header;
	const uint32_t modes = header->p, all = pass->steps;
	const uint8_t *const after = essm_poles_view(header->a_kind, inner, 1, modes, &poles);
	int8_t *const scratch = pass->scratch, *rows;
	const essm_i16 *a;
	target to = {
		{parts.c_scale, parts.d, header->c_preshift, header->d_bits, essm_factor_of(header->d_scale)}, pass->signal, all, all};
	uint32_t steps = all, t;
	uint8_t *x = pass->x;
	essm_next_rows(pass);
	a = essm_poles_ready(&poles);
	if (!a)
		a = essm_poles_row(pass, &poles, 0);
	pass->scratch = rows = pass->rows;
	essm_rows_of(&b, parts.b, parts.b_stride, pass->heads, header->b_bits, 0);
	b.words = essm_share_words(pass->heads, header->b_bits, header->b_bits);
	b.stride = all;
	while (2 * modes * steps > STATES)
		steps = steps > 4 ? steps - 4 : 1;
	for (t = 0; t < all; t += steps) {
		if (steps > all - t)
			steps = all - t;
		pass->rows = rows;
		essm_rows_of(&c, parts.c, parts.c_stride, 2 * modes, header->c_bits, essm_half(header->c_preshift));
		b.in = pass->signal + t;
		c.in = states;
		c.stride = steps;
		essm_begin_rows(pass, &b, steps);
		x = move(pass, &parts, a, &b, pass->dither + t * ESSM_DITHER_STEP, steps, states);
		to.signal = pass->signal + t;
		to.steps = steps;
		essm_each_of_rows(pass, &c, pass->heads, steps, give, &to);
	}
	pass->scratch = scratch;
	pass->x = x + (-(uintptr_t)x & 3);
	if (header->x_rounding)
		pass->dither += modes * ESSM_DITHER_MODE;
	return after;
}

ESSM_COLD const uint8_t *essm_s5_run(essm_pass *pass, const uint8_t *at)
{
	essm_i16 states[STATES + ESSM_LANES];
	return run(pass, at, states);
}
