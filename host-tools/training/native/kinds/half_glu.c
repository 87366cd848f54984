// See half_glu.h.
#include "half_glu.h"

#include <string.h>

static Operation *open(Network *net, const Spec *spec) {
	const int H = net->H, R = net->R;
	HalfGlu *g = memory_take(&net->memory, sizeof *g);
	if (!g) return NULL;
	g->hard = spec->option;
	g->weight = take_parameters(net, H * H, RULE_DECAYED);
	g->bias = take_parameters(net, H, RULE_PLAIN);
	g->sum_weight = take_sums(net, (long)H * R);
	g->sum_bias = take_sums(net, R);
	g->forward = take_reals(net, (long)H * R);
	g->backward = take_reals(net, (long)R * R);
	g->bias_of = take_reals(net, R);
	g->gate = take_scratch(net, (long)R * STEPS);
	g->value = take_scratch(net, (long)R * STEPS);
	return &g->op;
}

static void expand(Operation *op) {
	const HalfGlu *g = (HalfGlu *)op;
	const int H = op->net->H, R = op->net->R;
	const double *p = op->net->parameters;
	for (int j = 0; j < H; j++) {
		g->bias_of[j] = p[g->bias + j];
		for (int i = 0; i < H; i++) g->forward[i * R + j] = g->backward[j * R + i] = p[g->weight + j * H + i];
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const HalfGlu *g = (HalfGlu *)op;
	const Network *net = op->net;
	const int H = net->H, R = net->R;
	for (int j = 0; j < H; j++) {
		net->parameter_gradient[g->bias + j] = network_sum(net, g->sum_bias + j);
		for (int i = 0; i < H; i++)
			net->parameter_gradient[g->weight + j * H + i] = network_sum(net, g->sum_weight + i * R + j);
	}
}

static inline void forward(const HalfGlu *g, const Place *at, const vec *value, const vec *in, const vec *stream, vec *out) {
	const int H = g->op.net->H, hard = g->hard;
	vec *gate = at->thread->scratch + g->gate;
	multiply(gate, g->forward, g->bias_of, in, g->op.net->R, H);
	for (int i = 0; i < H * STEPS; i++) out[i] = stream[i] + value[i] * opening(gate[i], hard);
}

void half_glu_backward_linear(const HalfGlu *g, const Place *at, const vec *in, vec *din) {
	const int H = g->op.net->H, R = g->op.net->R;
	vec *gate = at->thread->scratch + g->gate;
	memset(gate + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	accumulate_rows(at->thread->sums + g->sum_bias, gate, R);
	accumulate_outer(at->thread->sums + g->sum_weight, in, gate, H, R);
	multiply(din, g->backward, NULL, gate, R, R);
}

/** Gradient sums and dL/d(in) through the gates, and dL/d(value) in scratch. */
static inline void backward(const HalfGlu *g, const Place *at, const vec *value, const vec *in, const vec *dout, vec *din) {
	const int H = g->op.net->H, hard = g->hard;
	vec *gate = at->thread->scratch + g->gate, *dvalue = at->thread->scratch + g->value;
	multiply(gate, g->forward, g->bias_of, in, g->op.net->R, H);
	for (int i = 0; i < H * STEPS; i++) {
		const vec s = opening(gate[i], hard);
		dvalue[i] = dout[i] * s;
		gate[i] = opening_slope(s, dout[i] * value[i], dvalue[i] * value[i], hard);
	}
	half_glu_backward_linear(g, at, in, din);
}

void half_glu_add_values(Operation *op, const Place *at, vec *to) {
	const vec *dvalue = at->thread->scratch + ((HalfGlu *)op)->value;
	for (int i = 0; i < op->net->H * STEPS; i++) to[i] += dvalue[i];
}

static void forward_1(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	forward((HalfGlu *)op, at, in, in, stream, out);
}

static void backward_1(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	backward((HalfGlu *)op, at, in, in, dout, din);
	half_glu_add_values(op, at, din);
}

static void forward_2(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	forward((HalfGlu *)op, at, mixed_of(op, at), in, stream, out);
}

static void backward_2(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	backward((HalfGlu *)op, at, mixed_of(op, at), in, dout, din);
}

static const vec *values_1(Operation *op, const Place *at, const vec *in) {
	(void)op, (void)at;
	return in;
}

static const vec *values_2(Operation *op, const Place *at, const vec *in) {
	(void)in;
	return mixed_of(op, at);
}

const Kind kind_half_glu1 = {
	.name = "half_glu1",
	.role = ROLE_CHANNEL,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward_1, .backward = backward_1},
	.quantized = {.forward = half_glu1_forward_quantized, .backward = half_glu1_backward_quantized},
	.read = half_glu_read,
	.interpret = half_glu_interpret,
	.values = values_1,
};

const Kind kind_half_glu2 = {
	.name = "half_glu2",
	.role = ROLE_CHANNEL,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward_2, .backward = backward_2},
	.quantized = {.forward = half_glu2_forward_quantized, .backward = half_glu2_backward_quantized},
	.read = half_glu_read,
	.interpret = half_glu_interpret,
	.pass_on = half_glu_add_values,
	.values = values_2,
};
