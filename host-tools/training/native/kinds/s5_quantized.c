// S5 in integers; see s5.h.
#include <string.h>

#include "../arithmetic/dither.h"
#include "../source.h"
#include "s5.h"

/** Integers up to this are exact in a real. */
#define EXACT ((double)((int64_t)1 << (sizeof(real) == 4 ? 24 : 53)))

static S5Integers *take(const S5 *s) {
	Network *net = s->op.net;
	Memory *memory = &net->memory;
	const int H = net->H, R = net->R, Q = s->Q;
	S5Integers *q = memory_take(memory, sizeof *q);
	if (!q) return NULL;
	q->a_re = memory_take(memory, sizeof(integer) * Q), q->a_im = memory_take(memory, sizeof(integer) * Q);
	q->b = take_reals(net, (long)H * 2 * Q), q->c = take_reals(net, (long)2 * Q * R);
	q->c_whole = memory_take(memory, sizeof(integer) * 2 * Q * R);
	q->b_scale = memory_take(memory, sizeof(Scale) * Q), q->c_scale = memory_take(memory, sizeof(Scale) * H);
	q->d = memory_take(memory, sizeof(int32_t) * H);
	real **const units[] = {&q->state_re, &q->state_im, &q->limit_re, &q->limit_im};
	for (int i = 0; i < 4; i++) *units[i] = take_reals(net, Q);
	q->in_unit = memory_take(memory, sizeof(double) * H);
	return q;
}

/** Codes of B: a row for the real and one for the imaginary part of each mode. */
static void read_b(const S5 *s, Source *source) {
	const int H = s->op.net->H, Q = s->Q;
	for (int p = 0; p < s->P; p++)
		for (int row = p; row < 2 * Q; row += Q)
			for (int h = 0; h < H; h++) s->integers->b[h * 2 * Q + row] = next_integer(source);
}

/** Codes of C: both parts of each mode, per head; real and imaginary part of Re(C x) have opposite signs. */
static void read_c(const S5 *s, Source *source) {
	const int H = s->op.net->H, R = s->op.net->R, Q = s->Q;
	S5Integers *q = s->integers;
	for (int h = 0; h < H; h++)
		for (int p = 0; p < s->P; p++) {
			const int re = p * R + h, im = (Q + p) * R + h;
			q->c[re] = q->c_whole[re] = next_integer(source);
			q->c[im] = q->c_whole[im] = -next_integer(source);
		}
}

void s5_read(Operation *op, Source *source) {
	S5 *s = (S5 *)op;
	const int H = op->net->H, P = s->P;
	if (!s->integers) s->integers = take(s);
	if (op->net->memory.failed) return;
	S5Integers *q = s->integers;
	q->x_max = next_integer(source);
	q->dithered = next_integer(source);
	q->c_preshift = next_integer(source);
	q->d_scale = scale_of(next_integer(source));
	q->out_fraction = next_integer(source);
	const int lift = next_integer(source);
	for (int p = 0; p < P; p++) {
		q->a_re[p] = next_integer(source), q->a_im[p] = next_integer(source);
		const int32_t code = next_integer(source);
		q->b_scale[p] = (Scale){(8 + (code & 7)) << lift, code >> 3};
		q->state_re[p] = next_real(source), q->state_im[p] = next_real(source);
		// Multiplied as the replay does, so that a saturated state compares equal.
		q->limit_re[p] = (real)q->x_max * (real)fabs((double)q->state_re[p]);
		q->limit_im[p] = (real)q->x_max * (real)fabs((double)q->state_im[p]);
	}
	read_b(s, source);
	read_c(s, source);
	next_scales(source, q->c_scale, H);
	next_integers(source, q->d, H);
	next_reals(source, q->in_unit, H);
	// B multiplies 8-bit u of at most 1024 heads, and is always exact.
	q->c_exact = 2.0 * P * 128 * q->x_max < EXACT;
	q->dither = source->dither;
	if (q->dithered) source->dither += DITHER_MODE * P;
}

void s5_interpret(Operation *op) {
	const S5 *s = (S5 *)op;
	const S5Integers *q = s->integers;
	const int H = op->net->H, R = op->net->R, Q = s->Q;
	const double out_unit = ldexp(1, -q->out_fraction);
	for (int p = 0; p < s->P; p++) {
		// A mode replaced by its conjugate: units of opposite signs negate the coupling of re and im.
		const double unit[2] = {q->state_re[p], q->state_im[p]};
		s->a_re[p] = q->a_re[p] / 32768.0;
		s->a_im[p] = q->a_im[p] / 32768.0 * (unit[0] * unit[1] < 0 ? -1 : 1);
		for (int i = 0; i < 2; i++) {
			const int row = i * Q + p;
			const double b_unit = ldexp(scale_value(q->b_scale[p]), -15) * unit[i];
			for (int h = 0; h < H; h++) {
				const double c_unit = ldexp(scale_value(q->c_scale[h]), -q->c_preshift) * out_unit / unit[i];
				s->b_backward[row * R + h] = q->b[h * 2 * Q + row] * b_unit / q->in_unit[h];
				s->c_backward[h * 2 * Q + row] = q->c[row * R + h] * c_unit;
			}
		}
	}
	for (int h = 0; h < H; h++) s->d_of[h] = q->d[h] * scale_value(q->d_scale) * out_unit / q->in_unit[h];
}

/** Form of the states: integers as ints or as reals, or their real values. */
enum { AS_INTS, AS_REALS, AS_MEANT };

/** `x` (2 Q, STEPS) holds sums of B's rows on entry and states on return; `state` (2 Q) advances through the chunk. */
static inline void scan(const S5 *s, int chunk, ints *restrict state, vec *restrict x, int as) {
	const S5Integers *q = s->integers;
	const int Q = s->Q, x_max = q->x_max;
	integer rounding[STEPS * 2 * MODES];
	for (int n = 0; n < Q; n += MODES) {
		rounding_of(q->dithered, q->dither + DITHER_STEP * STEPS * chunk + DITHER_MODE * (n + 1), MODES, rounding);
		ints re[MODES], im[MODES], ar[MODES], ai[MODES];
		for (int i = 0; i < MODES; i++) {
			re[i] = state[n + i], im[i] = state[Q + n + i];
			ar[i] = whole(q->a_re[n + i]), ai[i] = whole(q->a_im[n + i]);
		}
		for (int k = 0; k < STEPS; k++)
			for (int i = 0; i < MODES; i++) {
				const Scale scale = q->b_scale[n + i];
				const integer *d = rounding + k * 2 * MODES + i;
				vec *x_re = x + (n + i) * STEPS + k, *x_im = x + (Q + n + i) * STEPS + k;
				const ints next_re = ar[i] * re[i] - ai[i] * im[i] + (scaled(to_ints(*x_re), scale) + d[0]);
				const ints next_im = ar[i] * im[i] + (ai[i] * re[i] + (scaled(to_ints(*x_im), scale) + d[MODES]));
				re[i] = saturated(next_re >> 15, x_max);
				im[i] = saturated(next_im >> 15, x_max);
				if (as == AS_INTS) {
					*(ints *)x_re = re[i], *(ints *)x_im = im[i];
				} else {
					*x_re = to_real(re[i]), *x_im = to_real(im[i]);
					if (as == AS_MEANT) *x_re *= q->state_re[n + i], *x_im *= q->state_im[n + i];
				}
			}
		for (int i = 0; i < MODES; i++) state[n + i] = re[i], state[Q + n + i] = im[i];
	}
}

/** Integers as reals, in scratch. */
static const vec *reals_of(const S5 *s, const Place *at, const vec *in) {
	vec *reals = at->thread->scratch + s->inputs;
	for (int i = 0; i < s->op.net->H * STEPS; i++) reals[i] = to_real(((const ints *)in)[i]);
	return reals;
}

void s5_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const S5 *s = (S5 *)op;
	const S5Integers *q = s->integers;
	const int H = op->net->H, R = op->net->R, Q = s->Q;
	const ints *u = (const ints *)in;
	ints *y = (ints *)out, *state = (ints *)s5_state(s, at, 0);
	vec *x = at->thread->scratch + s->modes;
	memcpy(tape(at->group, s->checkpoint, at->chunk), state, sizeof(vec) * 2 * Q);
	multiply(x, q->b, NULL, reals_of(s, at, in), 2 * Q, H);
	if (q->c_exact) {
		scan(s, at->chunk, state, x, AS_REALS);
		multiply(out, q->c, NULL, x, R, 2 * Q);
		for (int i = 0; i < H * STEPS; i++) y[i] = to_ints(out[i]);
	} else {
		scan(s, at->chunk, state, x, AS_INTS);
		multiply_whole(y, q->c_whole, (const ints *)x, R, 2 * Q);
	}
	for (int h = 0; h < H; h++)
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) {
			const ints sum = scaled(round_shift(y[k], q->c_preshift), q->c_scale[h]) + scaled(q->d[h] * u[k], q->d_scale);
			y[k] = saturated(sum, 32767);
		}
}

void s5_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const S5 *s = (S5 *)op;
	const S5Integers *q = s->integers;
	const int H = op->net->H, Q = s->Q;
	const ModesLimits limits = {q->limit_re, q->limit_im};
	vec *x = at->thread->scratch + s->modes;
	ints *state = (ints *)(at->thread->scratch + s->replayed);
	memcpy(state, tape(at->group, s->checkpoint, at->chunk), sizeof(vec) * 2 * Q);
	const vec *codes = reals_of(s, at, in);
	multiply(x, q->b, NULL, codes, 2 * Q, H);
	scan(s, at->chunk, state, x, AS_MEANT);
	for (int h = 0; h < H; h++) {
		const vec unit = splat(q->in_unit[h]);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) in[k] = codes[k] * unit;
	}
	// No gradient where the output was saturated: the activation's slope is 0 there.
	s5_backward_linear(s, at, &limits, in, dout, din);
}
