/*
 * essm_s5.c - the S5 mixer, one step or several fours: the heads share their modes. u of all heads drives each mode through two
 * rows of B, real and imaginary part; y of each head is a row of C times all states.
 */
#include "essm_rows.h"
#include "essm_scan.h"

/* Bytes of scratch: Abar unless it is read in place, then two rows of B or of C unless they are. */
ESSM_COLD static uint32_t scratch_bytes(const essm_s5_header *header, const uint8_t *poles, uint32_t heads)
{
	const uint32_t a = essm_poles_scratch(header->a_kind, poles, header->p);
	const uint32_t b = header->b_bits == 8 ? 0 : 2 * essm_align4(heads),
				   c = header->c_bits == 8 ? 0 : 2 * essm_align4(2u * header->p);
	return a + (b > c ? b : c);
}

ESSM_COLD const uint8_t *essm_s5_open(essm_checker *checker, const uint8_t *at)
{
	const essm_s5_header *header = (const essm_s5_header *)(const void *)at;
	essm_s5_parts parts;
	const uint8_t *poles, *after;
	if (header->p < 1 || header->p > 256)
		return essm_refuse(checker, ESSM_E_SHAPE);
	poles = essm_check_end(checker, essm_s5_view(at, checker->heads, &parts));
	if (!poles)
		return 0;
	after = essm_poles_open(checker, header->a_kind, poles, 1, header->p);
	if (!after)
		return 0;
	checker->state += essm_align4((header->x_bits <= 8 ? 2u : 4u) * header->p);
	essm_need_rows(checker, scratch_bytes(header, poles, checker->heads));
	return after;
}

/* Steps whose states are kept for C: their number times 2 P, 2 KB of stack. */
enum { STATES = 2 * ESSM_BLOCK * ESSM_BLOCK_HEADS };

/* What all steps of a pass share. */
typedef struct {
	essm_s5_parts parts;
	const essm_i16 *a;
	int8_t *scratch; /* for two rows */
	uint32_t heads;
	uint32_t stride; /* from head to head of u and y */
} layer;

static essm_rows rows_of(
	const layer *s5, const uint8_t *first, const uint8_t *second, uint32_t columns, uint32_t bits, uint32_t start)
{
	essm_rows rows;
	rows.first = essm_unpack_i8(first, columns, bits, s5->scratch);
	rows.second = essm_unpack_i8(second, columns, bits, s5->scratch + essm_align4(columns));
	rows.columns = columns;
	rows.start.first = rows.start.second = start;
	return rows;
}

/* Moves all modes on by `steps` steps; writes (re, -im) of each to `states` (modes, 2, steps). */
ESSM_HOT static void move(const layer *s5, const int8_t *u, uint8_t *x, uint32_t word, uint32_t steps, essm_i16 *states)
{
	const essm_s5_header *header = s5->parts.header;
	const int wide = header->x_bits > 8, dithered = header->x_rounding;
	const uint32_t max = (uint32_t)essm_symmetric_max(header->x_bits), stride = s5->parts.b_stride;
	const essm_i16 *a = s5->a;
	const uint8_t *b = s5->parts.b, *scale = s5->parts.b_scale, *const end = scale + header->p;
	for (; scale != end; scale++, a += 2, b += 2 * stride) {
		const essm_rows rows = rows_of(s5, b, b + stride, s5->heads, header->b_bits, 0);
		const essm_factor factor = essm_lifted_factor_of(*scale, header->b_lift);
		const uint32_t half = essm_half(factor.shift);
		const essm_i16 *const last = states + steps;
		essm_sums found[ESSM_BLOCK];
		const essm_sums *sum = found;
		essm_mode mode = essm_begin_mode(a, x, wide, max, dithered);
		uint32_t drawn = word += ESSM_DITHER_MODE;
		essm_times_i8(&rows, u, s5->stride, steps, found);
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
}

/* y of all heads, two at a time, from the states of `steps` steps. */
ESSM_HOT static void give(const layer *s5, const int8_t *u, const essm_i16 *states, uint32_t steps, essm_i16 *y)
{
	const essm_s5_header *header = s5->parts.header;
	const uint32_t heads = s5->heads, preshift = header->c_preshift, modes = header->p;
	uint32_t h, i;
	for (h = 0; h < heads; h += 2) {
		const uint8_t *const c = s5->parts.c + h * s5->parts.c_stride;
		const uint32_t second = h + 1 < heads; /* an odd last head is taken twice */
		const essm_rows rows = rows_of(s5, c, c + second * s5->parts.c_stride, 2 * modes, header->c_bits, essm_half(preshift));
		essm_sums found[ESSM_BLOCK];
		essm_times_i16(&rows, states, steps, steps, found);
		for (i = 0; i <= second; i++, u += s5->stride, y += s5->stride) {
			const essm_output output =
				essm_output_of(h + i, s5->parts.c_scale, preshift, s5->parts.d, header->d_bits, header->d_scale);
			uint32_t t;
			for (t = 0; t < steps; t++)
				y[t] = essm_finish_output(i ? found[t].second : found[t].first, u[t], &output);
		}
	}
}

ESSM_HOT const uint8_t *essm_s5_run(essm_pass *pass, const uint8_t *at)
{
	essm_i16 states[STATES];
	layer s5;
	essm_poles poles;
	const uint8_t *const inner = essm_s5_view(at, pass->heads, &s5.parts);
	const essm_s5_header *header = s5.parts.header;
	const uint32_t modes = header->p, all = pass->steps;
	const uint8_t *const after = essm_poles_view(header->a_kind, inner, 1, modes, &poles);
	essm_i16 *const a_row = (essm_i16 *)(void *)pass->rows;
	uint32_t steps = all, t;
	s5.a = essm_poles_row(&poles, 0, a_row);
	s5.heads = pass->heads;
	s5.stride = all;
	s5.scratch = pass->rows + (s5.a == a_row ? 4 * modes : 0);
	while (2 * modes * steps > STATES)
		steps = steps > 4 ? steps - 4 : 1;
	for (t = 0; t < all; t += steps) {
		if (steps > all - t)
			steps = all - t;
		move(&s5, pass->g + t, pass->x, pass->dither + t * ESSM_DITHER_STEP, steps, states);
		give(&s5, pass->g + t, states, steps, pass->y + t);
	}
	pass->x += essm_align4((header->x_bits <= 8 ? 2 : 4) * modes);
	if (header->x_rounding)
		pass->dither += modes * ESSM_DITHER_MODE;
	return after;
}
