// See norm_batch.h.
#include "norm_batch.h"

#include <string.h>

static Operation *open(Network *net, const Spec *spec) {
	const int H = net->H;
	NormBatch *n = memory_take(&net->memory, sizeof *n);
	if (!n) return NULL;
	n->eps = spec->value;
	n->weight = take_parameters(net, H, RULE_PLAIN);
	n->bias = take_parameters(net, H, RULE_PLAIN);
	n->statistics = take_statistics(net, H);
	n->sum_x = take_sums(net, H), n->sum_xx = take_sums(net, H);
	n->sum_dz = take_sums(net, H), n->sum_dz_xhat = take_sums(net, H);
	real **const arrays[] = {&n->scale, &n->shift, &n->mean, &n->inverse_std, &n->pivot, &n->mean_dz, &n->mean_dz_xhat};
	for (unsigned i = 0; i < sizeof arrays / sizeof *arrays; i++) *arrays[i] = take_reals(net, H);
	return &n->op;
}

static void use_statistics(const NormBatch *n, const double *mean, const double *var) {
	const double *p = n->op.net->parameters;
	for (int h = 0; h < n->op.net->H; h++) {
		const double inverse = 1 / sqrt(var[h] + n->eps);
		const double scale = p[n->weight + h] * inverse;
		n->scale[h] = scale;
		n->shift[h] = p[n->bias + h] - mean[h] * scale;
		n->mean[h] = mean[h];
		n->inverse_std[h] = inverse;
	}
}

static void expand(Operation *op) {
	const NormBatch *n = (NormBatch *)op;
	const double *mean = op->net->running_mean + n->statistics;
	use_statistics(n, mean, op->net->running_var + n->statistics);
	for (int h = 0; h < op->net->H; h++) {
		n->pivot[h] = mean[h];
		n->mean_dz[h] = n->mean_dz_xhat[h] = 0;
	}
}

static void observe(Operation *op, const Place *at, const vec *in) {
	const NormBatch *n = (NormBatch *)op;
	vec *sums = at->thread->sums;
	mask valid[STEPS];
	for (int k = 0; k < STEPS; k++) valid[k] = valid_at(at->group, at->chunk * STEPS + k);
	for (int h = 0; h < op->net->H; h++) {
		const vec *x = in + h * STEPS;
		const vec pivot = splat(n->pivot[h]);
		vec s[2] = {splat(0), splat(0)}, ss[2] = {splat(0), splat(0)};
		for (int k = 0; k < STEPS; k += 2) {
			for (int i = 0; i < 2; i++) {
				const vec d = keep(valid[k + i], x[k + i] - pivot);
				s[i] += d;
				ss[i] += d * d;
			}
		}
		sums[n->sum_x + h] += s[0] + s[1];
		sums[n->sum_xx + h] += ss[0] + ss[1];
	}
}

static void finish(Operation *op, const BatchCount *count) {
	const NormBatch *n = (NormBatch *)op;
	Network *net = op->net;
	const double valid = count->valid_steps, m = count->momentum;
	double *running_mean = net->running_mean + n->statistics, *running_var = net->running_var + n->statistics;
	double mean[net->H], var[net->H];
	for (int h = 0; h < net->H; h++) {
		const double around = network_sum(net, n->sum_x + h) / valid;
		mean[h] = n->pivot[h] + around;
		var[h] = fmax(0, network_sum(net, n->sum_xx + h) / valid - around * around);
		if (m == 0) continue;
		running_mean[h] += m * (mean[h] - running_mean[h]);
		running_var[h] += m * (var[h] * (valid > 1 ? valid / (valid - 1) : 1) - running_var[h]);
	}
	use_statistics(n, mean, var);
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	const NormBatch *n = (NormBatch *)op;
	for (int h = 0; h < op->net->H; h++) {
		const vec scale = splat(n->scale[h]), shift = splat(n->shift[h]);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) out[k] = in[k] * scale + shift;
	}
}

static void gather(Operation *op, const Place *at, const vec *in, vec *dout) {
	const NormBatch *n = (NormBatch *)op;
	for (int h = 0; h < op->net->H; h++) {
		const vec mean = splat(n->mean[h]), inverse = splat(n->inverse_std[h]);
		vec sum_dz = splat(0), sum_dz_xhat = splat(0);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) {
			sum_dz += dout[k];
			sum_dz_xhat += dout[k] * ((in[k] - mean) * inverse);
		}
		at->thread->sums[n->sum_dz + h] += sum_dz;
		at->thread->sums[n->sum_dz_xhat + h] += sum_dz_xhat;
	}
}

static void finish_gather(Operation *op, const BatchCount *count) {
	const NormBatch *n = (NormBatch *)op;
	for (int h = 0; h < op->net->H; h++) {
		n->mean_dz[h] = network_sum(op->net, n->sum_dz + h) / count->valid_steps;
		n->mean_dz_xhat[h] = network_sum(op->net, n->sum_dz_xhat + h) / count->valid_steps;
	}
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const NormBatch *n = (NormBatch *)op;
	mask valid[STEPS];
	for (int k = 0; k < STEPS; k++) valid[k] = valid_at(at->group, at->chunk * STEPS + k);
	for (int h = 0; h < op->net->H; h++) {
		const vec *x = in + h * STEPS, *dz = dout + h * STEPS;
		vec *dx = din + h * STEPS;
		const vec scale = splat(n->scale[h]), mean = splat(n->mean[h]), inverse = splat(n->inverse_std[h]);
		const vec mean_dz = splat(n->mean_dz[h]), mean_dz_xhat = splat(n->mean_dz_xhat[h]);
		for (int k = 0; k < STEPS; k++) {
			const vec xhat = (x[k] - mean) * inverse;
			dx[k] += keep(valid[k], scale * (dz[k] - mean_dz - xhat * mean_dz_xhat));
		}
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const NormBatch *n = (NormBatch *)op;
	for (int h = 0; h < op->net->H; h++) {
		op->net->parameter_gradient[n->weight + h] = network_sum(op->net, n->sum_dz_xhat + h);
		op->net->parameter_gradient[n->bias + h] = network_sum(op->net, n->sum_dz + h);
	}
}

const Kind kind_norm_batch = {
	.name = "norm_batch",
	.role = ROLE_NORM,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward, .gather = gather},
	.quantized = {.forward = norm_batch_forward_quantized,
		.backward = norm_batch_backward_quantized,
		.gather = norm_batch_gather_quantized},
	.read = norm_batch_read,
	.observe = observe,
	.finish = finish,
	.finish_gather = finish_gather,
};

const Kind kind_post_batch = {
	.name = "post_batch",
	.role = ROLE_POST,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward, .gather = gather},
	.quantized = {.forward = post_batch_forward_quantized,
		.backward = norm_batch_backward_quantized,
		.gather = post_batch_gather_quantized},
	.observe = observe,
	.finish = finish,
	.finish_gather = finish_gather,
};
