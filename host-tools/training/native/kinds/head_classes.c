// See head_classes.h. Logits and their gradients are small work: in double, sample by sample.
#include "head_classes.h"

#include "loss_classes.h"

#include <string.h>

static Operation *open(Network *net, const Spec *spec) {
	HeadClasses *head = memory_take(&net->memory, sizeof *head);
	if (!head) return NULL;
	head->classes = spec->size;
	head->pooling = spec->option;
	head->weight = take_parameters(net, head->classes * net->H, RULE_DECAYED);
	head->bias = take_parameters(net, head->classes, RULE_PLAIN);
	head->sum_weight = take_doubles(net, (long)head->classes * net->H);
	head->sum_bias = take_doubles(net, head->classes);
	head->pooled = take_group(net, net->R);
	return &head->op;
}

static void expand(Operation *op) {
	HeadClasses *head = (HeadClasses *)op;
	head->weight_of = op->net->parameters + head->weight;
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const HeadClasses *head = (HeadClasses *)op;
	const Network *net = op->net;
	// The bias comes after the weights in both.
	for (int i = 0; i < head->classes * (net->H + 1); i++) {
		double sum = 0;
		for (int t = 0; t < net->shape.threads; t++) sum += net->threads[t].doubles[head->sum_weight + i];
		net->parameter_gradient[head->weight + i] = sum;
	}
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const HeadClasses *head = (HeadClasses *)op;
	const Group *group = at->group;
	vec *pooled = group->memory + head->pooled;
	if (at->chunk == 0) memset(pooled, 0, sizeof(vec) * op->net->R);
	mask counted[STEPS];
	for (int k = 0; k < STEPS; k++) counted[k] = head_counted(head, group, at->chunk * STEPS + k);
	for (int h = 0; h < op->net->H; h++) {
		vec sum = splat(0);
		for (int k = 0; k < STEPS; k++) sum += keep(counted[k], in[h * STEPS + k]);
		pooled[h] += sum;
	}
	if (at->chunk < group->chunks - 1 || head->pooling == POOLING_LAST) return;
	for (int i = 0; i < LANES; i++)
		for (int h = 0; h < op->net->H; h++) pooled[h][i] /= group->length[i] ? group->length[i] : 1;
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream, (void)dout;
	const HeadClasses *head = (HeadClasses *)op;
	const Group *group = at->group;
	const vec *pooled = group->memory + head->pooled;
	vec share = splat(1);
	if (head->pooling == POOLING_MEAN)
		for (int i = 0; i < LANES; i++) share[i] = group->length[i] ? 1 / (real)group->length[i] : 0;
	for (int k = 0; k < STEPS; k++) {
		const mask counted = head_counted(head, group, at->chunk * STEPS + k);
		for (int h = 0; h < op->net->H; h++) din[h * STEPS + k] = keep(counted, pooled[h] * share);
	}
}

static void logits_of(const HeadClasses *head, const vec *pooled, int lane, double *logits) {
	const Network *net = head->op.net;
	if (net->quantized) {
		head_classes_logits_quantized(head, pooled, lane, logits);
		return;
	}
	for (int c = 0; c < head->classes; c++) {
		double sum = net->parameters[head->bias + c];
		for (int h = 0; h < net->H; h++) sum += head->weight_of[c * net->H + h] * pooled[h][lane];
		logits[c] = sum;
	}
}

static double pooled_of(const HeadClasses *head, const vec *pooled, int h, int lane) {
	return head->op.net->quantized ? head_classes_pooled_quantized(head, pooled, h, lane) : pooled[h][lane];
}

static void outputs(Operation *op, const Group *group, float *to) {
	const HeadClasses *head = (HeadClasses *)op;
	double logits[MAX_CLASSES];
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) continue;
		logits_of(head, group->memory + head->pooled, i, logits);
		for (int c = 0; c < head->classes; c++) to[(size_t)group->row[i] * head->classes + c] = logits[c];
	}
}

static int label_of(const Objective *objective, uint32_t row) { return ((const uint8_t *)objective->targets)[row]; }

static double weigh(const Operation *op, const Objective *objective, uint32_t row, int length) {
	(void)op, (void)length;
	return objective->weights ? objective->weights[label_of(objective, row)] : 1;
}

static void judge(Operation *op, Thread *thread, Group *group, const Objective *objective, int train) {
	const HeadClasses *head = (HeadClasses *)op;
	const int H = op->net->H, classes = head->classes;
	vec *pooled = group->memory + head->pooled;
	double *sum_weight = thread->doubles + head->sum_weight, *sum_bias = thread->doubles + head->sum_bias;
	double logits[MAX_CLASSES], slope[MAX_CLASSES];
	for (int i = 0; i < LANES; i++) {
		const int row = group->row[i];
		if (row < 0) {
			for (int h = 0; h < H; h++) pooled[h][i] = 0;
			continue;
		}
		const int label = label_of(objective, row);
		logits_of(head, pooled, i, logits);
		int best = 0;
		for (int c = 1; c < classes; c++)
			if (logits[c] > logits[best]) best = c;
		thread->correct += best == label;
		const float *teacher = objective->teacher ? objective->teacher + (size_t)row * classes : NULL;
		thread->loss += classes_loss(
			objective, logits, classes, label, weigh(op, objective, row, group->length[i]), teacher, slope);
		if (!train) continue;
		for (int c = 0; c < classes; c++) {
			sum_bias[c] += slope[c];
			for (int h = 0; h < H; h++) sum_weight[c * H + h] += slope[c] * pooled_of(head, pooled, h, i);
		}
		for (int h = 0; h < H; h++) {
			double back = 0;
			for (int c = 0; c < classes; c++) back += slope[c] * head->weight_of[c * H + h];
			pooled[h][i] = back;
		}
	}
}

const Kind kind_head_classes = {
	.name = "head_classes",
	.role = ROLE_HEAD,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = head_classes_forward_quantized, .backward = backward},
	.read = head_classes_read,
	.interpret = head_classes_interpret,
	.weigh = weigh,
	.outputs = outputs,
	.judge = judge,
};
