// What all activations share; see activation.h.
#include "activation.h"

#include "../source.h"

Operation *activation_open(Network *net, const Spec *spec) {
	(void)spec;
	Activation *a = memory_take(&net->memory, sizeof *a);
	if (!a) return NULL;
	a->dropout = take_dropout(net, net->H);
	a->slope = take_scratch(net, (long)net->H * STEPS);
	return &a->op;
}

void activation_backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream;
	const vec *slope = at->thread->scratch + ((Activation *)op)->slope;
	for (int i = 0; i < op->net->H * STEPS; i++) din[i] = dout[i] * slope[i];
}

void activation_read(Operation *op, Source *source) {
	Activation *a = (Activation *)op;
	if (!a->integers) a->integers = memory_take(&op->net->memory, sizeof *a->integers);
	if (op->net->memory.failed) return;
	ActivationIntegers *q = a->integers;
	next_table(source, q->phi);
	q->fraction = next_integer(source);
	q->high = next_integer(source);
	q->low = -q->high - 1;
	q->scale = scale_of(next_integer(source));
	q->zero = next_integer(source);
	q->in_unit = ldexp(1, -q->fraction);
}

void activation_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	const ActivationIntegers *q = ((Activation *)op)->integers;
	const int fraction = q->fraction, low = q->low, high = q->high, zero = q->zero, count = op->net->H * STEPS;
	const Scale scale = q->scale;
	for (int i = 0; i < count; i++)
		out[i] = to_real(clamped(activation_code(q->phi, fraction, scale, zero, ((const ints *)in)[i]), low, high));
}
