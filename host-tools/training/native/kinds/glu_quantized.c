// GLU in integers; see glu.h.
#include "../source.h"
#include "glu.h"
#include "row.h"

static GluIntegers *take(const Glu *g) {
	Network *net = g->op.net;
	GluIntegers *q = memory_take(&net->memory, sizeof *q);
	if (!q) return NULL;
	q->codes = take_reals(net, (long)net->H * g->J);
	q->row_scale = memory_take(&net->memory, sizeof(Scale) * g->J);
	q->row_bias = memory_take(&net->memory, sizeof(int32_t) * g->J);
	return q;
}

/** Value rows (first 0) or gate rows (first R) of W. */
static void read_rows(const Glu *g, Source *source, int first) {
	const int H = g->op.net->H;
	GluIntegers *q = g->integers;
	for (int r = 0; r < H; r++)
		for (int i = 0; i < H; i++) q->codes[i * g->J + first + r] = next_integer(source);
	next_scales(source, q->row_scale + first, H);
	next_integers(source, q->row_bias + first, H);
}

void glu_read(Operation *op, Source *source) {
	Glu *g = (Glu *)op;
	if (!g->integers) g->integers = take(g);
	if (op->net->memory.failed) return;
	GluIntegers *q = g->integers;
	next_table(source, q->opening);
	q->value_preshift = next_integer(source);
	q->value_shift = next_integer(source);
	q->gate_preshift = next_integer(source);
	q->gate_fraction = next_integer(source);
	q->in_unit = next_real(source);
	q->in_zero = next_real(source);
	read_rows(g, source, 0);
	read_rows(g, source, op->net->R);
}

void glu_interpret(Operation *op) {
	const Glu *g = (Glu *)op;
	const GluIntegers *q = g->integers;
	const int H = op->net->H, R = op->net->R;
	const double *stream_unit = op->net->streams[op->block].unit;
	for (int gate = 0; gate < 2; gate++)
		for (int r = 0; r < H; r++) {
			const int row = gate * R + r;
			const double unit = gate ? (real)ldexp(1, -q->gate_fraction) : ldexp(stream_unit[r], q->value_shift);
			const double step = ldexp(scale_value(q->row_scale[row]), -(gate ? q->gate_preshift : q->value_preshift));
			for (int i = 0; i < H; i++) {
				const double w = q->codes[i * g->J + row] * step * unit / q->in_unit;
				g->forward[i * g->J + row] = g->backward[row * R + i] = w;
			}
		}
}

static inline Row row_at(const GluIntegers *q, int row, int preshift) {
	return (Row){q->row_scale[row], q->row_bias[row], preshift};
}

void glu_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	const Glu *g = (Glu *)op;
	const GluIntegers *q = g->integers;
	const int H = op->net->H, R = op->net->R;
	const ints *x = (const ints *)stream;
	vec *mixed = at->thread->scratch + g->mixed;
	// Codes of up to 8 bits and up to 1024 heads: integer sums that a float holds exactly.
	multiply(mixed, q->codes, NULL, in, g->J, H);
	const int fraction = q->gate_fraction, shift = 15 - q->value_shift, stream_max = op->net->stream_max;
	for (int h = 0; h < H; h++) {
		const Row value_row = row_at(q, h, q->value_preshift), gate_row = row_at(q, R + h, q->gate_preshift);
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++) {
			const ints value = saturated(row_of(value_row, mixed[i]), 32767);
			const ints gate = saturated(row_of(gate_row, mixed[R * STEPS + i]), 32767);
			const ints gated = round_shift(value * phi(q->opening, gate, fraction), shift);
			((ints *)out)[i] = saturated(x[i] + gated, stream_max);
		}
	}
}

void glu_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	const Glu *g = (Glu *)op;
	const GluIntegers *q = g->integers;
	const int H = op->net->H, R = op->net->R, stream_max = op->net->stream_max;
	const int fraction = q->gate_fraction, shift = 15 - q->value_shift, hard = g->hard;
	const double *stream_unit = op->net->streams[op->block].unit;
	const ints *x = (const ints *)stream;
	vec *value = at->thread->scratch + g->mixed, *gate = value + R * STEPS;
	multiply(value, q->codes, NULL, in, g->J, H);
	for (int h = 0; h < H; h++) {
		const vec value_unit = splat(ldexp(stream_unit[h], q->value_shift));
		const Row value_row = row_at(q, h, q->value_preshift), gate_row = row_at(q, R + h, q->gate_preshift);
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++) {
			const ints v = row_of(value_row, value[i]), a = row_of(gate_row, gate[i]);
			const ints v_saturated = saturated(v, 32767), p = phi(q->opening, saturated(a, 32767), fraction);
			const ints next = x[i] + round_shift(v_saturated * p, shift);
			dout[i] = keep(inside(next, -stream_max - 1, stream_max + 1), dout[i]);
			const vec s = to_real(p) * (1 / (real)32768);
			const vec dvalue = dout[i] * s;
			const vec v_real = to_real(v_saturated);
			const vec dgate = opening_slope(s, dout[i] * v_real * value_unit, dvalue * v_real * value_unit, hard);
			gate[i] = keep(inside(a, -32768, 32768), dgate);
			value[i] = keep(inside(v, -32768, 32768), dvalue);
		}
	}
	// From codes to real values.
	const real zero = q->in_zero, unit = q->in_unit;
	for (int i = 0; i < H * STEPS; i++) in[i] = (in[i] + zero) * unit;
	glu_backward_linear(g, at, in, din);
}
