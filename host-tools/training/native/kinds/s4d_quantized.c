// S4D in integers; see s4d.h.
#include <string.h>

#include "../arithmetic/dither.h"
#include "../source.h"
#include "s4d.h"

static S4dIntegers *take(const S4d *s) {
	Memory *memory = &s->op.net->memory;
	const int H = s->op.net->H, count = H * s->P;
	S4dIntegers *q = memory_take(memory, sizeof *q);
	if (!q) return NULL;
	integer **const codes[] = {&q->a_re, &q->a_im, &q->gain, &q->c_re, &q->c_im};
	for (int i = 0; i < 5; i++) *codes[i] = memory_take(memory, sizeof(integer) * count);
	real **const units[] = {&q->state_re, &q->state_im, &q->limit_re, &q->limit_im};
	for (int i = 0; i < 4; i++) *units[i] = memory_take(memory, sizeof(real) * count);
	q->c_scale = memory_take(memory, sizeof(Scale) * H);
	q->d = memory_take(memory, sizeof(int32_t) * H);
	q->in_unit = memory_take(memory, sizeof(double) * H);
	return q;
}

void s4d_read(Operation *op, Source *source) {
	S4d *s = (S4d *)op;
	const int H = op->net->H, N = s->N;
	if (!s->integers) s->integers = take(s);
	if (op->net->memory.failed) return;
	S4dIntegers *q = s->integers;
	q->x_max = next_integer(source);
	q->dithered = next_integer(source);
	q->c_preshift = next_integer(source);
	q->d_scale = scale_of(next_integer(source));
	q->out_fraction = next_integer(source);
	for (int h = 0; h < H; h++)
		for (int n = 0; n < N; n++) {
			const int at = h * s->P + n;
			q->a_re[at] = next_integer(source), q->a_im[at] = next_integer(source);
			q->gain[at] = next_integer(source);
			q->c_re[at] = next_integer(source), q->c_im[at] = next_integer(source);
			q->state_re[at] = next_real(source), q->state_im[at] = next_real(source);
			// Multiplied as the replay does, so that a saturated state compares equal.
			q->limit_re[at] = (real)q->x_max * (real)fabs((double)q->state_re[at]);
			q->limit_im[at] = (real)q->x_max * (real)fabs((double)q->state_im[at]);
		}
	next_scales(source, q->c_scale, H);
	next_integers(source, q->d, H);
	next_reals(source, q->in_unit, H);
	q->dither = source->dither;
	if (q->dithered) source->dither += DITHER_MODE * H * N;
}

void s4d_interpret(Operation *op) {
	const S4d *s = (S4d *)op;
	const S4dIntegers *q = s->integers;
	const double out_unit = ldexp(1, -q->out_fraction);
	for (int h = 0; h < op->net->H; h++) {
		const double c_unit = ldexp(scale_value(q->c_scale[h]), -q->c_preshift) * out_unit;
		for (int n = 0; n < s->N; n++) {
			const int at = h * s->P + n;
			// A mode replaced by its conjugate: units of opposite signs negate the coupling of re and im.
			const double re = q->state_re[at], im = q->state_im[at];
			s->a_re[at] = q->a_re[at] / 32768.0;
			s->a_im[at] = q->a_im[at] / 32768.0 * (re * im < 0 ? -1 : 1);
			s->c_re[at] = q->c_re[at] * c_unit / re;
			s->c_im[at] = q->c_im[at] * c_unit / im;
		}
		s->d_of[h] = q->d[h] * scale_value(q->d_scale) * out_unit / q->in_unit[h];
	}
}

/**
 * Advances `state` (2 MODES vectors) through a chunk from mode n of head h, n a multiple of MODES. Adds the outputs to `sum`
 * or, with `history`, stores every state there in reals.
 */
static inline void scan(ints *restrict state, const S4d *s, int chunk, int h, int n, const ints *restrict in,
	ints *restrict sum, vec *restrict history) {
	const S4dIntegers *q = s->integers;
	const int at = h * s->P + n;
	integer rounding[STEPS * 2 * MODES];
	const uint32_t word = q->dither + DITHER_STEP * STEPS * chunk + DITHER_MODE * (h * s->N + n + 1);
	rounding_of(q->dithered, word, MODES, rounding);
	ints re[MODES], im[MODES], ar[MODES], ai[MODES], gain[MODES], cr[MODES], ci[MODES];
	vec unit_re[MODES], unit_im[MODES];
	for (int i = 0; i < MODES; i++) {
		re[i] = state[i], im[i] = state[MODES + i];
		ar[i] = whole(q->a_re[at + i]), ai[i] = whole(q->a_im[at + i]), gain[i] = whole(q->gain[at + i]);
		cr[i] = whole(q->c_re[at + i]), ci[i] = whole(q->c_im[at + i]);
		unit_re[i] = splat(q->state_re[at + i]), unit_im[i] = splat(q->state_im[at + i]);
	}
	for (int k = 0; k < STEPS; k++) {
		const integer *d = rounding + k * 2 * MODES;
		ints acc = whole(0);
		for (int i = 0; i < MODES; i++) {
			const ints next_re = ar[i] * re[i] - ai[i] * im[i] + (gain[i] * in[k] + d[i]);
			const ints next_im = ar[i] * im[i] + (ai[i] * re[i] + d[MODES + i]);
			re[i] = saturated(next_re >> 15, q->x_max);
			im[i] = saturated(next_im >> 15, q->x_max);
			if (history) {
				history[k * 2 * MODES + i] = to_real(re[i]) * unit_re[i];
				history[k * 2 * MODES + MODES + i] = to_real(im[i]) * unit_im[i];
			} else {
				acc += cr[i] * re[i] - ci[i] * im[i];
			}
		}
		if (!history) sum[k] += acc;
	}
	for (int i = 0; i < MODES; i++) state[i] = re[i], state[MODES + i] = im[i];
}

void s4d_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const S4d *s = (S4d *)op;
	const S4dIntegers *q = s->integers;
	ints *state = (ints *)s4d_state(s, at, 0);
	memcpy(tape(at->group, s->checkpoint, at->chunk), state, sizeof(vec) * s4d_state_count(s));
	for (int h = 0; h < op->net->H; h++) {
		const ints *u = (const ints *)in + h * STEPS;
		ints *y = (ints *)out + h * STEPS;
		for (int k = 0; k < STEPS; k++) y[k] = whole(0);
		for (int n = 0; n < s->P; n += MODES) scan(state + (h * s->P + n) * 2, s, at->chunk, h, n, u, y, NULL);
		for (int k = 0; k < STEPS; k++) {
			const ints sum = scaled(round_shift(y[k], q->c_preshift), q->c_scale[h]) + scaled(q->d[h] * u[k], q->d_scale);
			y[k] = saturated(sum, 32767);
		}
	}
}

void s4d_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const S4d *s = (S4d *)op;
	const S4dIntegers *q = s->integers;
	vec *sums = at->thread->sums, *history = at->thread->scratch + s->history;
	vec *adjoint = s4d_state(s, at, at->group->chunks - 1);
	const ints *checkpoint = (const ints *)tape(at->group, s->checkpoint, at->chunk);
	for (int h = 0; h < op->net->H; h++, dout += STEPS, din += STEPS) {
		const ints *u = (const ints *)in + h * STEPS;
		const vec unit = splat(q->in_unit[h]), d = splat(s->d_of[h]);
		vec sum_d = splat(0);
		for (int k = 0; k < STEPS; k++) {
			// No gradient where the output was saturated: the activation's slope is 0 there.
			din[k] = d * dout[k];
			sum_d += dout[k] * (to_real(u[k]) * unit);
		}
		sums[s->sum_d + h] += sum_d;
		for (int n = 0; n < s->P; n += MODES) {
			const int i = h * s->P + n;
			const ModeLimits limits = {q->limit_re + i, q->limit_im + i};
			ints state[2 * MODES];
			memcpy(state, checkpoint + i * 2, sizeof state);
			scan(state, s, at->chunk, h, n, u, NULL, history);
			scan_backward(adjoint + i * 2, s4d_modes(s, i), &limits, s4d_gradient(s, sums, i), history, dout, din);
		}
	}
}
