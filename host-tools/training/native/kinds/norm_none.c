// Norm "norm_none": the mixer reads the stream itself.
#include <string.h>

#include "stream_scaling.h"

typedef struct {
	Operation op;
	StreamScaling *integers;
} NormNone;

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	NormNone *n = memory_take(&net->memory, sizeof *n);
	return n ? &n->op : NULL;
}

static void read(Operation *op, Source *source) {
	NormNone *n = (NormNone *)op;
	n->integers = scaling_read(n->integers, op->net, source);
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	memcpy(out, in, sizeof(vec) * op->net->H * STEPS);
}

static void forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	scaling_forward(((NormNone *)op)->integers, op->net->H, (const ints *)in, (ints *)out);
}

static void gather_quantized(Operation *op, const Place *at, const vec *in, vec *dout) {
	(void)at;
	for (int h = 0; h < op->net->H; h++) scaling_stop(((NormNone *)op)->integers, h, (const ints *)in, dout);
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)at, (void)in, (void)stream;
	const int count = op->net->H * STEPS;
	for (int i = 0; i < count; i++) din[i] += dout[i];
}

const Kind kind_norm_none = {
	.name = "norm_none",
	.role = ROLE_NORM,
	.open = open,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = forward_quantized, .backward = backward, .gather = gather_quantized},
	.read = read,
};
