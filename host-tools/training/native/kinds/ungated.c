// Channel mixer "ungated": out = stream + in.
#include <string.h>

#include "../operation.h"
#include "../source.h"

typedef struct {
	Scale *scale; // (H)
	real *slope;  // (H): dL/d(in) per dL/d(out), in real values
	int32_t zero;
	real in_unit;
} UngatedIntegers;

typedef struct {
	Operation op;
	UngatedIntegers *integers;
} Ungated;

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	Ungated *g = memory_take(&net->memory, sizeof *g);
	return g ? &g->op : NULL;
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at;
	for (int i = 0; i < op->net->H * STEPS; i++) out[i] = stream[i] + in[i];
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)at, (void)in, (void)stream;
	memcpy(din, dout, sizeof(vec) * op->net->H * STEPS);
}

static void read(Operation *op, Source *source) {
	Ungated *g = (Ungated *)op;
	Network *net = op->net;
	if (!g->integers) {
		g->integers = memory_take(&net->memory, sizeof *g->integers);
		if (g->integers) g->integers->scale = memory_take(&net->memory, sizeof(Scale) * net->H);
		if (g->integers) g->integers->slope = take_reals(net, net->H);
	}
	if (net->memory.failed) return;
	g->integers->zero = next_integer(source);
	g->integers->in_unit = next_real(source);
	next_fine_scales(source, g->integers->scale, net->H);
}

static void interpret(Operation *op) {
	UngatedIntegers *q = ((Ungated *)op)->integers;
	const double *out_unit = op->net->streams[op->block].unit;
	for (int h = 0; h < op->net->H; h++) q->slope[h] = scale_value(q->scale[h]) * out_unit[h] / q->in_unit;
}

/** The stream before it saturates. */
static inline ints next_of(const UngatedIntegers *q, int h, vec in, ints stream) {
	return stream + scaled(to_ints(in) + q->zero, q->scale[h]);
}

static void forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at;
	const UngatedIntegers *q = ((Ungated *)op)->integers;
	const int most = op->net->stream_max;
	for (int h = 0; h < op->net->H; h++)
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++)
			((ints *)out)[i] = saturated(next_of(q, h, in[i], ((const ints *)stream)[i]), most);
}

static void backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)at;
	const UngatedIntegers *q = ((Ungated *)op)->integers;
	const int end = op->net->stream_max + 1;
	for (int h = 0; h < op->net->H; h++)
		for (int i = h * STEPS; i < (h + 1) * STEPS; i++) {
			dout[i] = keep(inside(next_of(q, h, in[i], ((const ints *)stream)[i]), -end, end), dout[i]);
			din[i] = dout[i] * q->slope[h];
		}
}

static const vec *values(Operation *op, const Place *at, const vec *in) {
	(void)op, (void)at;
	return in;
}

const Kind kind_ungated = {
	.name = "ungated",
	.role = ROLE_CHANNEL,
	.open = open,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = forward_quantized, .backward = backward_quantized},
	.read = read,
	.interpret = interpret,
	.values = values,
};
