// Half GLUs in integers; see half_glu.h.
#include "../source.h"
#include "half_glu.h"
#include "row.h"

static HalfGluIntegers *take(const HalfGlu *g) {
	Network *net = g->op.net;
	const int H = net->H, R = net->R;
	HalfGluIntegers *q = memory_take(&net->memory, sizeof *q);
	if (!q) return NULL;
	q->codes = take_reals(net, (long)H * R);
	q->row_scale = memory_take(&net->memory, sizeof(Scale) * H);
	q->row_bias = memory_take(&net->memory, sizeof(int32_t) * H);
	q->value_scale = memory_take(&net->memory, sizeof(Scale) * H);
	q->value_slope = take_reals(net, H);
	return q;
}

void half_glu_read(Operation *op, Source *source) {
	HalfGlu *g = (HalfGlu *)op;
	const int H = op->net->H, R = op->net->R;
	if (!g->integers) g->integers = take(g);
	if (op->net->memory.failed) return;
	HalfGluIntegers *q = g->integers;
	next_table(source, q->opening);
	q->value_shift = next_integer(source);
	q->preshift = next_integer(source);
	q->gate_fraction = next_integer(source);
	q->value_zero = next_integer(source);
	q->value_unit = next_real(source);
	q->in_unit = next_real(source);
	q->in_zero = next_real(source);
	next_fine_scales(source, q->value_scale, H);
	for (int r = 0; r < H; r++)
		for (int i = 0; i < H; i++) q->codes[i * R + r] = next_integer(source);
	next_scales(source, q->row_scale, H);
	next_integers(source, q->row_bias, H);
}

void half_glu_interpret(Operation *op) {
	const HalfGlu *g = (HalfGlu *)op;
	const HalfGluIntegers *q = g->integers;
	const int H = op->net->H, R = op->net->R;
	for (int r = 0; r < H; r++) {
		const double step = ldexp(scale_value(q->row_scale[r]), -q->preshift - q->gate_fraction) / q->in_unit;
		for (int i = 0; i < H; i++) g->forward[i * R + r] = g->backward[r * R + i] = q->codes[i * R + r] * step;
		const double out_unit = ldexp(op->net->streams[op->block].unit[r], q->value_shift);
		q->value_slope[r] = scale_value(q->value_scale[r]) * out_unit / q->value_unit;
	}
}

static inline ints value_of(const HalfGluIntegers *q, int h, ints code) {
	return scaled(code + q->value_zero, q->value_scale[h]);
}

static inline void forward(const HalfGlu *g, const Place *at, const vec *in, const ints *values, const vec *stream, vec *out) {
	const HalfGluIntegers *q = g->integers;
	const int H = g->op.net->H, fraction = q->gate_fraction, shift = 15 - q->value_shift, stream_max = g->op.net->stream_max;
	const ints *x = (const ints *)stream;
	vec *sums = at->thread->scratch + g->gate;
	multiply(sums, q->codes, NULL, in, g->op.net->R, H);
	for (int h = 0; h < H; h++) {
		const Row row = {q->row_scale[h], q->row_bias[h], q->preshift};
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++) {
			const ints value = saturated(value_of(q, h, values ? values[i] : to_ints(in[i])), 32767);
			const ints gate = saturated(row_of(row, sums[i]), 32767);
			((ints *)out)[i] = saturated(x[i] + round_shift(value * phi(q->opening, gate, fraction), shift), stream_max);
		}
	}
}

/** dL/d(value) goes to scratch. `values` are codes of the mixer's output, or NULL when they are `in`. */
static inline void backward(
	const HalfGlu *g, const Place *at, vec *in, const ints *values, const vec *stream, vec *dout, vec *din) {
	const HalfGluIntegers *q = g->integers;
	const int H = g->op.net->H, fraction = q->gate_fraction, shift = 15 - q->value_shift, stream_max = g->op.net->stream_max;
	const double *stream_unit = g->op.net->streams[g->op.block].unit;
	const ints *x = (const ints *)stream;
	vec *gate = at->thread->scratch + g->gate, *dvalue = at->thread->scratch + g->value;
	multiply(gate, q->codes, NULL, in, g->op.net->R, H);
	for (int h = 0; h < H; h++) {
		const Row row = {q->row_scale[h], q->row_bias[h], q->preshift};
		const vec unit = splat(ldexp(stream_unit[h], q->value_shift)), slope = splat(q->value_slope[h]);
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++) {
			const ints code = values ? values[i] : to_ints(in[i]), v = value_of(q, h, code), a = row_of(row, gate[i]);
			const ints held = saturated(v, 32767), p = phi(q->opening, saturated(a, 32767), fraction);
			const ints next = x[i] + round_shift(held * p, shift);
			dout[i] = keep(inside(next, -stream_max - 1, stream_max + 1), dout[i]);
			const vec s = to_real(p) * (1 / (real)32768), factor = dout[i] * to_real(held) * unit;
			gate[i] = keep(inside(a, -32768, 32768), opening_slope(s, factor, factor * s, g->hard));
			// No gradient where the mixer's output is saturated.
			const mask moves = inside(v, -32768, 32768) & (values ? inside(code, -32767, 32767) : inside(v, -32768, 32768));
			dvalue[i] = keep(moves, dout[i] * s * slope);
		}
	}
	// From codes to real values.
	const real zero = q->in_zero, unit = q->in_unit;
	for (int i = 0; i < H * STEPS; i++) in[i] = (in[i] + zero) * unit;
	half_glu_backward_linear(g, at, in, din);
}

void half_glu1_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	forward((HalfGlu *)op, at, in, NULL, stream, out);
}

void half_glu1_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	backward((HalfGlu *)op, at, in, NULL, stream, dout, din);
	half_glu_add_values(op, at, din);
}

void half_glu2_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	forward((HalfGlu *)op, at, in, (const ints *)mixed_of(op, at), stream, out);
}

void half_glu2_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	backward((HalfGlu *)op, at, in, (const ints *)mixed_of(op, at), stream, dout, din);
}
