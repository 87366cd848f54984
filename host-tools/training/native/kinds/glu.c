// See glu.h.
#include "glu.h"

#include <string.h>

static Operation *open(Network *net, const Spec *spec) {
	const int H = net->H, R = net->R;
	Glu *g = memory_take(&net->memory, sizeof *g);
	if (!g) return NULL;
	g->hard = spec->option;
	const int J = g->J = 2 * R;
	g->weight = take_parameters(net, 2 * H * H, RULE_DECAYED);
	g->bias = take_parameters(net, 2 * H, RULE_PLAIN);
	g->sum_weight = take_sums(net, (long)R * J);
	g->sum_bias = take_sums(net, J);
	g->forward = take_reals(net, (long)H * J);
	g->backward = take_reals(net, (long)J * R);
	g->bias_of = take_reals(net, J);
	g->mixed = take_scratch(net, (long)J * STEPS);
	return &g->op;
}

/** Row of the padded W: value rows 0 to H - 1 stay, gate rows begin at R. */
static int padded_row(const Network *net, int j) { return j < net->H ? j : j - net->H + net->R; }

static void expand(Operation *op) {
	const Glu *g = (Glu *)op;
	const int H = op->net->H, R = op->net->R;
	const double *p = op->net->parameters;
	for (int j = 0; j < 2 * H; j++) {
		const int row = padded_row(op->net, j);
		g->bias_of[row] = p[g->bias + j];
		for (int i = 0; i < H; i++) g->forward[i * g->J + row] = g->backward[row * R + i] = p[g->weight + j * H + i];
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const Glu *g = (Glu *)op;
	const Network *net = op->net;
	const int H = net->H;
	for (int j = 0; j < 2 * H; j++) {
		const int row = padded_row(net, j);
		net->parameter_gradient[g->bias + j] = network_sum(net, g->sum_bias + row);
		for (int i = 0; i < H; i++)
			net->parameter_gradient[g->weight + j * H + i] = network_sum(net, g->sum_weight + i * g->J + row);
	}
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	const Glu *g = (Glu *)op;
	const int H = op->net->H, R = op->net->R, hard = g->hard;
	vec *mixed = at->thread->scratch + g->mixed;
	multiply(mixed, g->forward, g->bias_of, in, g->J, H);
	for (int i = 0; i < H * STEPS; i++) out[i] = stream[i] + mixed[i] * opening(mixed[R * STEPS + i], hard);
}

void glu_backward_linear(const Glu *g, const Place *at, const vec *in, vec *din) {
	const int H = g->op.net->H, R = g->op.net->R;
	vec *mixed = at->thread->scratch + g->mixed;
	memset(mixed + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	memset(mixed + (R + H) * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	accumulate_rows(at->thread->sums + g->sum_bias, mixed, g->J);
	accumulate_outer(at->thread->sums + g->sum_weight, in, mixed, H, g->J);
	multiply(din, g->backward, NULL, mixed, R, g->J);
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const Glu *g = (Glu *)op;
	const int H = op->net->H, hard = g->hard;
	vec *value = at->thread->scratch + g->mixed, *gate = value + op->net->R * STEPS;
	multiply(value, g->forward, g->bias_of, in, g->J, H);
	for (int i = 0; i < H * STEPS; i++) {
		const vec s = opening(gate[i], hard);
		const vec dvalue = dout[i] * s;
		gate[i] = opening_slope(s, dout[i] * value[i], dvalue * value[i], hard);
		value[i] = dvalue;
	}
	glu_backward_linear(g, at, in, din);
}

static const vec *values(Operation *op, const Place *at, const vec *in) {
	(void)in;
	return at->thread->scratch + ((Glu *)op)->mixed;
}

const Kind kind_glu = {
	.name = "glu",
	.role = ROLE_CHANNEL,
	.values = values,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = glu_forward_quantized, .backward = glu_backward_quantized},
	.read = glu_read,
	.interpret = glu_interpret,
};
