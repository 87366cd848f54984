/*
 * essm_s4d.c - the S4D mixer, one step or a multiple of four: each head has its own modes, driven by b u.
 */
#include "essm_scan.h"

/* Bytes of an unpacked head: Abar unless read in place, gains and C unless they have 8 bits. */
ESSM_COLD static uint32_t scratch_bytes(const essm_s4d_header *header, const uint8_t *poles)
{
	const uint32_t modes = header->n;
	return essm_poles_scratch(header->a_kind, poles, modes) + (header->b_bits == 8 ? 0 : 4 * modes) +
		essm_row_bytes(2 * modes, header->c_bits);
}

ESSM_COLD const uint8_t *essm_s4d_open(essm_checker *checker, const uint8_t *at)
{
	const essm_s4d_header *header = (const essm_s4d_header *)(const void *)at;
	essm_s4d_parts parts;
	const uint8_t *poles, *after;
	uint32_t bytes;
	if (header->n < 1 || header->n > 256)
		return essm_refuse(checker, ESSM_E_SHAPE); /* B22 */
	poles = essm_check_end(checker, essm_s4d_view(at, checker->heads, &parts));
	if (!poles)
		return 0;
	after = essm_poles_open(checker, header->a_kind, poles, checker->heads, header->n);
	if (!after)
		return 0;
	checker->state += essm_align4((header->x_bits <= 8 ? 2 : 4) * checker->heads * header->n);
	bytes = scratch_bytes(header, poles);
	essm_need_rows(checker, bytes, bytes * checker->heads);
	return after;
}

/* floor(log2 v), v > 0 */
ESSM_LOOP static uint32_t log2_of(uint32_t v)
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

/* Input gains of a head: for 4 bits half-octaves, for 2 and 0 bits relative to the gain derived from Abar; includes the head's
 * shift. */
ESSM_LOOP static void unpack_gains(
	const uint8_t *row, uint32_t count, uint32_t bits, uint32_t shift, const essm_i16 *a, essm_i32 *out)
{
	const essm_i32 *const end = out + count;
	uint32_t bit = 0;
	for (; out != end; bit += bits, a += 2) {
		const uint32_t code = essm_few_bits(row, bit) & ((1u << bits) - 1);
		*out++ = bits == 4 ? (int32_t)((uint32_t)essm_gain[code] << shift) : derived_gain(a, shift + code);
	}
}

/* Per-step input of one head, shifted where gains are bytes, and the accumulator of Re(C x'). */
typedef struct {
	uint32_t u, sum;
} head_step;

/*
 * One head: its Abar (N, 2), gains (N), bytes at 8 bits and numbers otherwise, and C (N, 2); then what continues from head to
 * head: the state (N, 2), int16 if wide and int8 otherwise, and the dither's word of the first step after the last mode.
 */
typedef struct {
	const essm_i16 *a;
	const uint8_t *bytes;
	const essm_i32 *numbers;
	const int8_t *c;
	uint8_t *x;
	uint32_t word;
	uint32_t modes;
	int32_t max; /* x saturates at this magnitude */
	int wide, dithered;
	uint32_t offset; /* what that of the states in essm_scan.h adds to each sum */
} head_modes;

/* Advances all modes by one step with the input u; `plain` ones are wide, rounded to nearest, with byte gains. Returns the sum. */
ESSM_INLINE uint32_t move_one(head_modes *head, uint32_t u, const int plain)
{
	const essm_i16 *a = head->a;
	const uint8_t *bytes = head->bytes;
	const essm_i32 *numbers = head->numbers;
	const int8_t *c = head->c, *const end = c + 2 * head->modes;
	uint8_t *x = head->x;
	const int32_t max = head->max;
	const int wide = plain || head->wide, dithered = !plain && head->dithered;
	uint32_t word = head->word, sum = 0;
	for (; c != end; a += 2, c += 2) {
		uint32_t round_re = ESSM_HALF, round_im = ESSM_HALF;
		const uint32_t drive = (plain || bytes ? *bytes++ : (uint32_t)*numbers++) * u;
		int32_t re, im, next_re, next_im;
		essm_load_mode(x, wide, &re, &im);
		if (dithered) {
			word += ESSM_DITHER_MODE;
			round_re = word >> 17, round_im = round_re ^ 32767;
		}
		next_re = (int32_t)((uint32_t)(a[0] * re) - (uint32_t)(a[1] * im) + drive + round_re) >> 15;
		next_im = (int32_t)((uint32_t)(a[0] * im) + (uint32_t)(a[1] * re) + round_im) >> 15;
		re = essm_saturate(next_re, max);
		im = essm_saturate(next_im, max);
		sum += (uint32_t)(c[0] * re) - (uint32_t)(c[1] * im);
		x = essm_store_mode(x, wide, re, im);
	}
	head->x = x;
	head->word = word;
	return sum;
}

/* Fast paths, which a build may leave out: one step by functions of its own; several steps of two modes at a time. */
#ifndef ESSM_WITHOUT_FAST_PATHS
enum { FAST_PATHS = 1 };
#else
enum { FAST_PATHS = 0 };
#endif

/* Steps that are read at a time; without fast paths one, so that a single step needs no function of its own. */
enum { STEPS_READ = FAST_PATHS ? 2 : 1 };

ESSM_LOOP static uint32_t move_plain(head_modes *head, uint32_t u) { return move_one(head, u, 1); }
ESSM_LOOP static uint32_t move_any(head_modes *head, uint32_t u) { return move_one(head, u, 0); }

/* Advances the next modes of a head, two or one, by several steps in registers: inputs and sums are loaded once for both. */
ESSM_INLINE void move_modes(head_modes *head, head_step *step, const head_step *end, const uint32_t count, const int dithered)
{
	const essm_i16 *const a = head->a;
	const uint8_t *const bytes = head->bytes;
	const essm_i32 *const numbers = head->numbers;
	const int8_t *const c = head->c;
	const uint32_t max = (uint32_t)head->max;
	const int wide = head->wide;
	uint32_t gain[2], c_re[2], c_im[2], word = head->word, offset = head->offset, i;
	essm_mode mode[2];
	uint8_t *x = head->x;
	ESSM_UNROLL for (i = 0; i < count; i++)
	{
		mode[i] = essm_begin_mode(a + 2 * i, x + (wide ? 4 : 2) * i, wide, max, dithered);
		gain[i] = bytes ? bytes[i] : (uint32_t)numbers[i];
		c_re[i] = (uint32_t)(int32_t)c[2 * i], c_im[i] = (uint32_t)(int32_t)c[2 * i + 1];
		offset += c_re[i] - c_im[i];
	}
	head->a = a + 2 * count;
	head->c = c + 2 * count;
	head->offset = offset;
	if (bytes)
		head->bytes = bytes + count;
	else
		head->numbers = numbers + count;
	do {
		const uint32_t u = step->u;
		uint32_t sum = step->sum;
		ESSM_UNROLL for (i = 0; i < count; i++)
		{
			essm_move_mode(&mode[i], gain[i] * u, 0, dithered, word + (i + 1) * ESSM_DITHER_MODE);
			sum += c_re[i] * mode[i].re - c_im[i] * mode[i].im;
			ESSM_IN_ORDER;
		}
		step->sum = sum;
		word += ESSM_DITHER_STEP;
	} while (++step != end);
	ESSM_UNROLL for (i = 0; i < count; i++) x =
		essm_store_mode(x, wide, (int32_t)(mode[i].re - max), (int32_t)(mode[i].im - max));
	head->x = x;
	if (dithered)
		head->word += count * ESSM_DITHER_MODE;
}

ESSM_LOOP static void move_pairs(head_modes *head, head_step *step, const head_step *end)
{
	const uint8_t *const last = head->x + (head->wide ? 4 : 2) * (head->modes & ~1u);
	while (head->x != last)
		move_modes(head, step, end, 2, 0);
}

ESSM_LOOP static void move_singly(head_modes *head, head_step *step, const head_step *end, const uint8_t *last)
{
	while (head->x != last)
		move_modes(head, step, end, 1, head->dithered);
}

/* A multiple of STEPS_READ steps, two modes at a time when rounding to nearest. Returns the remainder to add to each sum. */
static uint32_t move_several(head_modes *head, const essm_i16 *signal, const essm_i16 *end, uint32_t shift, head_step *step)
{
	const uint8_t *const last = head->x + (head->wide ? 4 : 2) * head->modes;
	head_step *const first = step;
	uint32_t i;
	for (; signal < end; signal += STEPS_READ, step += STEPS_READ)
		ESSM_UNROLL for (i = 0; i < STEPS_READ; i++) step[i].u = (uint32_t)(int32_t)signal[i] << shift, step[i].sum = 0;
	head->offset = 0;
	if (FAST_PATHS && !head->dithered)
		move_pairs(head, first, step);
	if (head->x != last)
		move_singly(head, first, step, last);
	return -head->offset * (uint32_t)head->max;
}

ESSM_HOT const uint8_t *essm_s4d_run(essm_pass *pass, const uint8_t *at)
{
	const uint32_t heads = pass->heads, steps = pass->steps;
	essm_s4d_parts parts;
	essm_poles poles;
	const uint8_t *const inner = essm_s4d_view(at, heads, &parts);
	const essm_s4d_header *header = parts.header;
	const uint8_t *const after = essm_poles_view(header->a_kind, inner, heads, header->n, &poles);
	const uint32_t modes = header->n, half = essm_half(header->c_preshift);
	const int plain = FAST_PATHS && header->b_bits == 8 && header->x_bits > 8 && !header->x_rounding;
	const essm_i16 *const ready = essm_poles_ready(&poles);
	essm_i16 *signal = pass->signal;
	const essm_output output = {parts.c_scale, parts.d, header->c_preshift, header->d_bits, essm_factor_of(header->d_scale)};
	head_modes head;
	uint32_t h;
	head.x = pass->x;
	head.word = pass->dither;
	head.modes = modes;
	head.max = essm_symmetric_max(header->x_bits);
	head.wide = header->x_bits > 8;
	head.dithered = header->x_rounding;
	for (h = 0; h < heads; h++) {
		const uint8_t *const b = parts.b + h * parts.b_stride;
		uint32_t shift = essm_few_bits(parts.b_shift, 5 * h) & 31, lacking = half;
		head_step block[ESSM_BLOCK];
		essm_next_rows(pass);
		head.a = ready ? ready + 2 * modes * h : essm_poles_row(pass, &poles, h);
		head.bytes = header->b_bits == 8 ? b : 0;
		if (!head.bytes) {
			essm_i32 *const gains = essm_take_row(pass, 4 * modes);
			if (pass->unpack)
				unpack_gains(b, modes, header->b_bits, shift, head.a, gains);
			head.numbers = gains;
			shift = 0;
		}
		head.c = (const int8_t *)parts.c + h * parts.c_stride;
		if (header->c_bits != 8)
			head.c = essm_row_of(pass, (const uint8_t *)head.c, 2 * modes, header->c_bits);
		if (!FAST_PATHS || steps > 1)
			lacking += move_several(&head, signal, signal + steps, shift, block);
		else
			block->sum = (plain ? move_plain : move_any)(&head, (uint32_t)(int32_t)*signal << shift);
		essm_finish_head(&output, h, &block->sum, lacking, signal, steps);
		signal += steps;
	}
	pass->x = head.x + (-(uintptr_t)head.x & 3);
	if (head.dithered)
		pass->dither = head.word;
	return after;
}
