// Channel mixer "ungated": out = stream + in.
#include <string.h>

#include "../operation.h"

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	return memory_take(&net->memory, sizeof(Operation));
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at;
	for (int i = 0; i < op->net->H * STEPS; i++) out[i] = stream[i] + in[i];
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)at, (void)in, (void)stream;
	memcpy(din, dout, sizeof(vec) * op->net->H * STEPS);
}

const Kind kind_ungated = {
	.name = "ungated",
	.role = ROLE_CHANNEL,
	.open = open,
	.real = {.forward = forward, .backward = backward},
};
