// See norm_step.h.
#include "norm_step.h"

Operation *norm_step_open(Network *net, const Spec *spec, int centred) {
	const int H = net->H;
	NormStep *n = memory_take(&net->memory, sizeof *n);
	if (!n) return NULL;
	n->eps = spec->value;
	n->centred = centred;
	n->weight = take_parameters(net, H, RULE_PLAIN);
	n->sum_weight = take_sums(net, H);
	n->weight_of = take_reals(net, H);
	n->bias_of = take_reals(net, H);
	if (!centred) return &n->op;
	n->bias = take_parameters(net, H, RULE_PLAIN);
	n->sum_bias = take_sums(net, H);
	return &n->op;
}

void norm_step_expand(Operation *op) {
	const NormStep *n = (NormStep *)op;
	const double *p = op->net->parameters;
	for (int h = 0; h < op->net->H; h++) {
		n->weight_of[h] = p[n->weight + h];
		if (n->centred) n->bias_of[h] = p[n->bias + h];
	}
}

void norm_step_collect(Operation *op, int a_form) {
	(void)a_form;
	const NormStep *n = (NormStep *)op;
	double *gradient = op->net->parameter_gradient;
	for (int h = 0; h < op->net->H; h++) {
		gradient[n->weight + h] = network_sum(op->net, n->sum_weight + h);
		if (n->centred) gradient[n->bias + h] = network_sum(op->net, n->sum_bias + h);
	}
}

void norm_step_statistics(const NormStep *n, const vec *in, real eps, NormStatistics *to) {
	const int H = n->op.net->H;
	const real part = 1 / (real)H;
	vec *mean = to->mean, square[STEPS];
	for (int k = 0; k < STEPS; k++) mean[k] = square[k] = splat(0);
	for (int h = 0; n->centred && h < H; h++)
		for (int k = 0; k < STEPS; k++) mean[k] += part * in[h * STEPS + k];
	for (int h = 0; h < H; h++)
		for (int k = 0; k < STEPS; k++) {
			const vec d = in[h * STEPS + k] - mean[k];
			square[k] += d * d;
		}
	for (int k = 0; k < STEPS; k++) to->inverse[k] = 1 / square_root(part * square[k] + eps);
}

void norm_step_forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	const NormStep *n = (NormStep *)op;
	NormStatistics s;
	norm_step_statistics(n, in, n->eps, &s);
	for (int h = 0; h < op->net->H; h++) {
		const vec weight = splat(n->weight_of[h]), bias = splat(n->bias_of[h]);
		const vec *x = in + h * STEPS;
		for (int k = 0; k < STEPS; k++) out[h * STEPS + k] = (x[k] - s.mean[k]) * s.inverse[k] * weight + bias;
	}
}

void norm_step_chain(
	const NormStep *n, const Place *at, const vec *in, const NormStatistics *s, real unit, const vec *dout, vec *din) {
	const int H = n->op.net->H;
	const real part = 1 / (real)H;
	vec *sums = at->thread->sums;
	vec mean_d[STEPS], mean_d_xhat[STEPS];
	for (int k = 0; k < STEPS; k++) mean_d[k] = mean_d_xhat[k] = splat(0);
	for (int h = 0; h < H; h++) {
		const vec weight = splat(n->weight_of[h] * part);
		vec sum = splat(0), sum_xhat = splat(0);
		for (int k = 0; k < STEPS; k++) {
			const vec d = dout[h * STEPS + k], d_xhat = d * ((in[h * STEPS + k] - s->mean[k]) * s->inverse[k]);
			sum += d;
			sum_xhat += d_xhat;
			mean_d[k] += weight * d;
			mean_d_xhat[k] += weight * d_xhat;
		}
		sums[n->sum_weight + h] += sum_xhat;
		if (n->centred) sums[n->sum_bias + h] += sum;
	}
	for (int k = 0; !n->centred && k < STEPS; k++) mean_d[k] = splat(0);
	const real per_unit = 1 / unit;
	for (int h = 0; h < H; h++) {
		const vec weight = splat(n->weight_of[h]);
		for (int k = 0; k < STEPS; k++) {
			const int i = h * STEPS + k;
			const vec xhat = (in[i] - s->mean[k]) * s->inverse[k];
			din[i] += s->inverse[k] * per_unit * (weight * dout[i] - mean_d[k] - xhat * mean_d_xhat[k]);
		}
	}
}

void norm_step_backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const NormStep *n = (NormStep *)op;
	NormStatistics s;
	norm_step_statistics(n, in, n->eps, &s);
	norm_step_chain(n, at, in, &s, 1, dout, din);
}
