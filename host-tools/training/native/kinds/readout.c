// See readout.h.
#include "readout.h"

#include <string.h>

Operation *readout_open(Network *net, const Spec *spec) {
	Readout *head = memory_take(&net->memory, sizeof *head);
	if (!head) return NULL;
	head->outputs = spec->size;
	head->pooling = spec->option;
	head->weight = take_parameters(net, head->outputs * net->H, RULE_DECAYED);
	head->bias = take_parameters(net, head->outputs, RULE_PLAIN);
	head->sum_weight = take_doubles(net, (long)head->outputs * net->H);
	head->sum_bias = take_doubles(net, head->outputs);
	head->pooled = take_group(net, net->R);
	return &head->op;
}

void readout_expand(Operation *op) {
	Readout *head = (Readout *)op;
	head->weight_of = op->net->parameters + head->weight;
}

void readout_collect(Operation *op, int a_form) {
	(void)a_form;
	const Readout *head = (Readout *)op;
	const Network *net = op->net;
	// The bias comes after the weights in both.
	for (int i = 0; i < head->outputs * (net->H + 1); i++) {
		double sum = 0;
		for (int t = 0; t < net->shape.threads; t++) sum += net->threads[t].doubles[head->sum_weight + i];
		net->parameter_gradient[head->weight + i] = sum;
	}
}

void readout_forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const Readout *head = (Readout *)op;
	const Group *group = at->group;
	vec *pooled = group->memory + head->pooled;
	if (at->chunk == 0) memset(pooled, 0, sizeof(vec) * op->net->R);
	mask counted[STEPS];
	for (int k = 0; k < STEPS; k++) counted[k] = readout_counted(head, group, at->chunk * STEPS + k);
	for (int h = 0; h < op->net->H; h++) {
		vec sum = splat(0);
		for (int k = 0; k < STEPS; k++) sum += keep(counted[k], in[h * STEPS + k]);
		pooled[h] += sum;
	}
	if (at->chunk < group->chunks - 1 || head->pooling == POOLING_LAST) return;
	for (int i = 0; i < LANES; i++)
		for (int h = 0; h < op->net->H; h++) pooled[h][i] /= group->length[i] ? group->length[i] : 1;
}

void readout_backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream, (void)dout;
	const Readout *head = (Readout *)op;
	const Group *group = at->group;
	const vec *pooled = group->memory + head->pooled;
	vec share = splat(1);
	if (head->pooling == POOLING_MEAN)
		for (int i = 0; i < LANES; i++) share[i] = group->length[i] ? 1 / (real)group->length[i] : 0;
	for (int k = 0; k < STEPS; k++) {
		const mask counted = readout_counted(head, group, at->chunk * STEPS + k);
		for (int h = 0; h < op->net->H; h++) din[h * STEPS + k] = keep(counted, pooled[h] * share);
	}
}

void readout_of(const Readout *head, const vec *pooled, int lane, double *outputs) {
	const Network *net = head->op.net;
	if (net->quantized) {
		readout_of_quantized(head, pooled, lane, outputs);
		return;
	}
	for (int k = 0; k < head->outputs; k++) {
		double sum = net->parameters[head->bias + k];
		for (int h = 0; h < net->H; h++) sum += head->weight_of[k * net->H + h] * pooled[h][lane];
		outputs[k] = sum;
	}
}

static double pooled_of(const Readout *head, const vec *pooled, int h, int lane) {
	return head->op.net->quantized ? readout_pooled_quantized(head, pooled, h, lane) : pooled[h][lane];
}

void readout_outputs(Operation *op, const Group *group, float *to) {
	const Readout *head = (Readout *)op;
	double outputs[MAX_OUTPUTS];
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) continue;
		readout_of(head, group->memory + head->pooled, i, outputs);
		for (int k = 0; k < head->outputs; k++) to[(size_t)group->row[i] * head->outputs + k] = outputs[k];
	}
}

void readout_back(const Readout *head, Thread *thread, vec *pooled, int lane, const double *slope) {
	const int H = head->op.net->H;
	double *sum_weight = thread->doubles + head->sum_weight, *sum_bias = thread->doubles + head->sum_bias;
	for (int k = 0; k < head->outputs; k++) {
		sum_bias[k] += slope[k];
		for (int h = 0; h < H; h++) sum_weight[k * H + h] += slope[k] * pooled_of(head, pooled, h, lane);
	}
	for (int h = 0; h < H; h++) {
		double back = 0;
		for (int k = 0; k < head->outputs; k++) back += slope[k] * head->weight_of[k * H + h];
		pooled[h][lane] = back;
	}
}

void readout_skip(const Readout *head, vec *pooled, int lane) {
	for (int h = 0; h < head->op.net->H; h++) pooled[h][lane] = 0;
}
