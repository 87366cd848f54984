/*
 * essm_s4d.c - the S4D mixer, one step or several fours: each head has modes of its own, driven by b u.
 */
#include "essm_scan.h"

/* Bytes of scratch of a head: Abar unless it is read in place, gains, C unless it is read in place. */
ESSM_COLD static uint32_t scratch_bytes(const essm_s4d_header *header, const uint8_t *poles)
{
	const uint32_t modes = header->n;
	return essm_poles_scratch(header->a_kind, poles, modes) + 4 * modes + (header->c_bits == 8 ? 0 : essm_align4(2 * modes));
}

ESSM_COLD const uint8_t *essm_s4d_open(essm_checker *checker, const uint8_t *at)
{
	const essm_s4d_header *header = (const essm_s4d_header *)(const void *)at;
	essm_s4d_parts parts;
	const uint8_t *poles, *after;
	if (header->n < 1 || header->n > 256)
		return essm_refuse(checker, ESSM_E_SHAPE); /* B22 */
	poles = essm_check_end(checker, essm_s4d_view(at, checker->heads, &parts));
	if (!poles)
		return 0;
	after = essm_poles_open(checker, header->a_kind, poles, checker->heads, header->n);
	if (!after)
		return 0;
	checker->state += essm_align4((header->x_bits <= 8 ? 2 : 4) * checker->heads * header->n);
	essm_need_rows(checker, scratch_bytes(header, poles));
	return after;
}

/* floor(log2 v), v > 0 */
ESSM_HOT ESSM_APART static uint32_t log2_of(uint32_t v)
{
	uint32_t log = 0;
	while (v >= 256)
		v >>= 8, log += 8;
	if (v >= 16)
		v >>= 4, log += 4;
	if (v >= 4)
		v >>= 2, log += 2;
	return log + (v >> 1);
}

/*
 * Gain derived from a pole, in half-octaves: the inverse of the geometric mean of the mode's DC gain, |1 - Abar|, and its
 * resonant gain, 1 - |Abar|^2.
 */
ESSM_HOT static int32_t derived_gain(const essm_i16 *a, uint32_t shift)
{
	const int32_t re = a[0], im = a[1], near = (32768 - re) >> 1;
	const int32_t square = (1 << 30) - re * re - im * im;
	const int32_t distance = (near * near + (im >> 1) * (im >> 1)) | 1;
	const int32_t logs = (int32_t)(2 * log2_of(square < 1 ? 1 : (uint32_t)square) + log2_of((uint32_t)distance));
	const int32_t half_octaves = essm_clamp((logs >> 1) + (int32_t)shift - 20, 0, 46);
	return (int32_t)((half_octaves & 1 ? 181u : 128u) << (half_octaves >> 1) >> 7);
}

/*
 * Input gains of a head: 8 bits a number, 4 bits half-octaves, 2 and 0 bits relative to what Abar suggests; the head's shift
 * included.
 */
ESSM_HOT static void unpack_gains(
	const uint8_t *row, uint32_t count, uint32_t bits, uint32_t shift, const essm_i16 *a, essm_i32 *out)
{
	essm_i32 *const end = out + count;
	uint32_t bit = 0;
	if (bits == 8)
		while (out != end)
			*out++ = (int32_t)((uint32_t)*row++ << shift);
	for (; out != end; bit += bits, a += 2) {
		const uint32_t code = essm_bits(row, bit) & ((1u << bits) - 1);
		*out++ = bits == 4 ? (int32_t)((uint32_t)essm_gain[code] << shift) : derived_gain(a, shift + code);
	}
}

/*
 * A head at work: its Abar (N, 2), gains (N) and C (N, 2); then what goes on from head to head: the state (N, 2), int16 where it is
 * wide and int8 elsewhere, and the dither's word of the first step after the last mode.
 */
typedef struct {
	const essm_i16 *a;
	const essm_i32 *b;
	const int8_t *c;
	uint8_t *x;
	uint32_t word;
	uint32_t modes;
	int32_t max; /* x saturates at this magnitude */
	int wide, dithered;
} head_modes;

/* Moves all modes of a head on by `steps` steps and adds Re(C x') to `sums`. Returns what each sum still lacks. */
typedef uint32_t mover(head_modes *head, const int8_t *u, uint32_t *sums, uint32_t steps);

/* One step. */
ESSM_HOT static uint32_t move_one(head_modes *head, const int8_t *u, uint32_t *sums, uint32_t steps)
{
	const essm_i16 *a = head->a;
	const essm_i32 *b = head->b;
	const int8_t *c = head->c, *const end = c + 2 * head->modes;
	uint8_t *x = head->x;
	const uint32_t in = (uint32_t)(int32_t)*u;
	const int32_t max = head->max;
	const int wide = head->wide, dithered = head->dithered;
	uint32_t word = head->word, sum = sums[0];
	(void)steps;
	for (; c != end; a += 2, b++, c += 2) {
		uint32_t round_re = ESSM_HALF, round_im = ESSM_HALF;
		int32_t re, im, next_re, next_im;
		essm_load_mode(x, wide, &re, &im);
		if (dithered) {
			word += ESSM_DITHER_MODE;
			round_re = word >> 17, round_im = round_re ^ 32767;
		}
		next_re = (int32_t)((uint32_t)(a[0] * re) - (uint32_t)(a[1] * im) + (uint32_t)*b * in + round_re) >> 15;
		next_im = (int32_t)((uint32_t)(a[0] * im) + (uint32_t)(a[1] * re) + round_im) >> 15;
		re = essm_saturate(next_re, max);
		im = essm_saturate(next_im, max);
		sum += (uint32_t)(c[0] * re) - (uint32_t)(c[1] * im);
		x = essm_store_mode(x, wide, re, im);
	}
	head->x = x;
	head->word = word;
	sums[0] = sum;
	return 0;
}

/*
 * Several steps, an even number, each mode through all of them in registers. What the offset of the states there adds to the sums
 * is returned.
 */
ESSM_INLINE uint32_t move_several(head_modes *head, const int8_t *u, uint32_t *sums, uint32_t steps, const int dithered)
{
	const essm_i16 *a = head->a;
	const essm_i32 *b = head->b, *const end = b + head->modes;
	const int8_t *c = head->c, *const last = u + steps;
	uint8_t *x = head->x;
	const int wide = head->wide;
	const uint32_t max = (uint32_t)head->max;
	uint32_t word = head->word, offset = 0, t;
	for (; b != end; a += 2, b++, c += 2) {
		const uint32_t c_re = (uint32_t)(int32_t)c[0], c_im = (uint32_t)(int32_t)c[1], gain = (uint32_t)*b;
		const int8_t *in = u;
		uint32_t *sum = sums, drawn;
		essm_mode mode = essm_begin_mode(a, x, wide, max, dithered);
		offset += c_re - c_im;
		word += ESSM_DITHER_MODE;
		drawn = word;
		do {
			ESSM_UNROLL for (t = 0; t < 2; t++)
			{
				essm_move_mode(&mode, gain * (uint32_t)(int32_t)in[t], 0, dithered, drawn);
				drawn += ESSM_DITHER_STEP;
				sum[t] += c_re * mode.re - c_im * mode.im;
			}
			in += 2, sum += 2;
		} while (in != last);
		x = essm_store_mode(x, wide, (int32_t)(mode.re - max), (int32_t)(mode.im - max));
	}
	head->x = x;
	if (dithered)
		head->word = word;
	return -offset * max;
}

ESSM_HOT static uint32_t move_nearest(head_modes *head, const int8_t *u, uint32_t *sums, uint32_t steps)
{
	return move_several(head, u, sums, steps, 0);
}

ESSM_HOT static uint32_t move_dithered(head_modes *head, const int8_t *u, uint32_t *sums, uint32_t steps)
{
	return move_several(head, u, sums, steps, 1);
}

ESSM_HOT const uint8_t *essm_s4d_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	essm_s4d_parts parts;
	essm_poles poles;
	const uint8_t *const inner = essm_s4d_view(at, heads, &parts);
	const essm_s4d_header *header = parts.header;
	const uint8_t *const after = essm_poles_view(header->a_kind, inner, heads, header->n, &poles);
	const uint32_t modes = header->n, preshift = header->c_preshift;
	/* scratch: gains, C where it is unpacked, Abar where it is */
	essm_i32 *const gains = (essm_i32 *)(void *)pass->rows;
	int8_t *const c_row = pass->rows + 4 * modes;
	essm_i16 *const a_row = (essm_i16 *)(void *)(c_row + (header->c_bits == 8 ? 0 : essm_align4(2 * modes)));
	mover *const move = steps == 1 ? move_one : header->x_rounding ? move_dithered : move_nearest;
	const int8_t *u = pass->g;
	essm_i16 *y = pass->y;
	head_modes head;
	uint32_t h;
	head.b = gains;
	head.x = pass->x;
	head.word = pass->dither;
	head.modes = modes;
	head.max = essm_symmetric_max(header->x_bits);
	head.wide = header->x_bits > 8;
	head.dithered = header->x_rounding;
	for (h = 0; h < heads; h++) {
		const uint32_t shift = essm_code(parts.b_shift, h, 5);
		const essm_output output = essm_output_of(h, parts.c_scale, preshift, parts.d, header->d_bits, header->d_scale);
		const int8_t *const end = u + steps;
		uint32_t sums[ESSM_BLOCK], *sum = sums, lacking, t;
		head.a = essm_poles_row(&poles, h, a_row);
		head.c = essm_unpack_i8(parts.c + h * parts.c_stride, 2 * modes, header->c_bits, c_row);
		unpack_gains(parts.b + h * parts.b_stride, modes, header->b_bits, shift, head.a, gains);
		for (t = 0; t < steps; t++)
			sums[t] = 0;
		lacking = essm_half(preshift) + move(&head, u, sums, steps);
		do
			*y++ = essm_finish_output(*sum++ + lacking, *u, &output);
		while (++u != end);
	}
	pass->x = head.x + (-(uintptr_t)head.x & 3);
	pass->dither = head.word;
	return after;
}
