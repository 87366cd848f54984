// See encoder_linear.h.
#include "encoder_linear.h"

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	const int H = net->H, R = net->R, C = net->shape.channels;
	EncoderLinear *e = memory_take(&net->memory, sizeof *e);
	if (!e) return NULL;
	e->weight = take_parameters(net, H * C, RULE_DECAYED);
	e->bias = take_parameters(net, H, RULE_PLAIN);
	e->sum_weight = take_sums(net, (long)C * R);
	e->sum_bias = take_sums(net, R);
	e->weight_of = take_reals(net, (long)C * R);
	e->bias_of = take_reals(net, R);
	e->input = take_tape(net, (size_t)C * STEPS);
	return &e->op;
}

static void expand(Operation *op) {
	const EncoderLinear *e = (EncoderLinear *)op;
	const Network *net = op->net;
	const int C = net->shape.channels;
	for (int h = 0; h < net->H; h++) {
		for (int c = 0; c < C; c++) e->weight_of[c * net->R + h] = net->parameters[e->weight + h * C + c];
		e->bias_of[h] = net->parameters[e->bias + h];
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const EncoderLinear *e = (EncoderLinear *)op;
	const Network *net = op->net;
	const int C = net->shape.channels;
	for (int h = 0; h < net->H; h++) {
		for (int c = 0; c < C; c++)
			net->parameter_gradient[e->weight + h * C + c] = network_sum(net, e->sum_weight + c * net->R + h);
		net->parameter_gradient[e->bias + h] = network_sum(net, e->sum_bias + h);
	}
}

static void load(Operation *op, Group *group, const float *values) {
	EncoderLinear *e = (EncoderLinear *)op;
	const Network *net = op->net;
	const int C = net->shape.channels, T = net->shape.steps;
	if (net->quantized) {
		encoder_linear_load_quantized(e, group, values);
		return;
	}
	for (int chunk = 0; chunk < group->chunks; chunk++) {
		vec *input = tape(group, e->input, chunk);
		for (int c = 0; c < C; c++) {
			const float mean = net->input_mean[c], inverse = 1 / net->input_std[c];
			for (int i = 0; i < LANES; i++) {
				const float *from = group->row[i] < 0 ? NULL : values + (size_t)group->row[i] * T * C + c;
				for (int k = 0; k < STEPS; k++) {
					const int t = chunk * STEPS + k;
					input[c * STEPS + k][i] = t < group->length[i] ? (from[(size_t)t * C] - mean) * inverse : 0;
				}
			}
		}
	}
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)in, (void)stream;
	const EncoderLinear *e = (EncoderLinear *)op;
	const vec *input = tape(at->group, e->input, at->chunk);
	multiply(out, e->weight_of, e->bias_of, input, op->net->R, op->net->shape.channels);
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream, (void)din;
	const EncoderLinear *e = (EncoderLinear *)op;
	const int R = op->net->R;
	accumulate_rows(at->thread->sums + e->sum_bias, dout, R);
	accumulate_outer(at->thread->sums + e->sum_weight, tape(at->group, e->input, at->chunk), dout, op->net->shape.channels, R);
}

const Kind kind_encoder_linear = {
	.name = "encoder_linear",
	.role = ROLE_ENCODER,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = encoder_linear_forward_quantized, .backward = encoder_linear_backward_quantized},
	.read = encoder_linear_read,
	.load = load,
};
