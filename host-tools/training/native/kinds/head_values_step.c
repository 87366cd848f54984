// Head "head_values_step": outputs = W x + b of the stream x at every step. Spec: size is the number of outputs. Targets are (rows,
// steps, outputs) floats; the loss is a mean over outputs and all steps of the batch.
#include <string.h>

#include "../operation.h"
#include "../source.h"
#include "loss_values.h"

/** Codes of W, and real values of integers: output = unit integer + zero. */
typedef struct {
	int32_t *weight, *bias; // (outputs, H), (outputs)
	Scale *scale;           // (outputs)
	int32_t preshift;
	double *unit, *zero; // (outputs)
} Integers;

typedef struct {
	Operation op;
	int outputs, P;                         // P: outputs, padded
	int weight, bias;                       // parameters: (outputs, H), (outputs)
	long sum_weight, sum_bias;              // (H, P), (P)
	real *weight_of, *bias_of, *transposed; // (H, P), (P), (P, R): the parameters, or the real values of the integers
	Region stream, values;                  // (R) the stream in reals; (P) outputs, then the loss gradient
	Integers *integers;
} Head;

static Operation *open(Network *net, const Spec *spec) {
	Head *head = memory_take(&net->memory, sizeof *head);
	if (!head) return NULL;
	const int count = head->outputs = spec->size, P = head->P = PADDED(count), R = net->R;
	head->weight = take_parameters(net, count * net->H, RULE_DECAYED);
	head->bias = take_parameters(net, count, RULE_PLAIN);
	head->sum_weight = take_sums(net, (long)net->H * P);
	head->sum_bias = take_sums(net, P);
	head->weight_of = take_reals(net, (long)net->H * P);
	head->bias_of = take_reals(net, P);
	head->transposed = take_reals(net, (long)P * R);
	head->stream = take_tape(net, (size_t)R * STEPS);
	head->values = take_tape(net, (size_t)P * STEPS);
	return &head->op;
}

static void set_weight(const Head *head, int k, int h, double weight) {
	head->weight_of[h * head->P + k] = weight;
	head->transposed[k * head->op.net->R + h] = weight;
}

static void expand(Operation *op) {
	const Head *head = (Head *)op;
	const Network *net = op->net;
	for (int k = 0; k < head->outputs; k++) {
		for (int h = 0; h < net->H; h++) set_weight(head, k, h, net->parameters[head->weight + k * net->H + h]);
		head->bias_of[k] = net->parameters[head->bias + k];
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const Head *head = (Head *)op;
	const Network *net = op->net;
	for (int k = 0; k < head->outputs; k++) {
		for (int h = 0; h < net->H; h++)
			net->parameter_gradient[head->weight + k * net->H + h] = network_sum(net, head->sum_weight + h * head->P + k);
		net->parameter_gradient[head->bias + k] = network_sum(net, head->sum_bias + k);
	}
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const Head *head = (Head *)op;
	vec *kept = tape(at->group, head->stream, at->chunk);
	memcpy(kept, in, sizeof(vec) * op->net->R * STEPS);
	multiply(tape(at->group, head->values, at->chunk), head->weight_of, head->bias_of, kept, head->P, op->net->H);
}

static void forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const Head *head = (Head *)op;
	const Integers *q = head->integers;
	const Network *net = op->net;
	const Stream *means = &net->streams[op->block];
	const ints *x = (const ints *)in;
	vec *kept = tape(at->group, head->stream, at->chunk), *values = tape(at->group, head->values, at->chunk);
	for (int h = 0; h < net->H; h++)
		for (int k = 0; k < STEPS; k++)
			kept[h * STEPS + k] = to_real(x[h * STEPS + k]) * splat(means->unit[h]) + splat(means->offset[h]);
	for (int o = 0; o < head->outputs; o++)
		for (int k = 0; k < STEPS; k++) {
			ints acc = whole(0);
			for (int h = 0; h < net->H; h++) acc += q->weight[o * net->H + h] * x[h * STEPS + k];
			const ints sum = scaled(round_shift(acc, q->preshift), q->scale[o]) + q->bias[o];
			for (int i = 0; i < LANES; i++) values[o * STEPS + k][i] = sum[i] * q->unit[o] + q->zero[o];
		}
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream, (void)dout;
	const Head *head = (Head *)op;
	const Network *net = op->net;
	const vec *slope = tape(at->group, head->values, at->chunk);
	accumulate_rows(at->thread->sums + head->sum_bias, slope, head->P);
	accumulate_outer(at->thread->sums + head->sum_weight, tape(at->group, head->stream, at->chunk), slope, net->H, head->P);
	multiply(din, head->transposed, NULL, slope, net->R, head->outputs);
}

static void read_integers(Operation *op, Source *source) {
	Head *head = (Head *)op;
	Memory *memory = &op->net->memory;
	const int count = head->outputs;
	if (!head->integers) {
		Integers *q = head->integers = memory_take(memory, sizeof *q);
		if (!q) return;
		q->weight = memory_take(memory, sizeof(int32_t) * count * op->net->H);
		q->bias = memory_take(memory, sizeof(int32_t) * count);
		q->scale = memory_take(memory, sizeof(Scale) * count);
		q->unit = memory_take(memory, sizeof(double) * count);
		q->zero = memory_take(memory, sizeof(double) * count);
	}
	if (memory->failed) return;
	Integers *q = head->integers;
	q->preshift = next_integer(source);
	next_integers(source, q->weight, count * op->net->H);
	next_scales(source, q->scale, count);
	next_integers(source, q->bias, count);
	next_reals(source, q->unit, count);
	next_reals(source, q->zero, count);
}

static void interpret(Operation *op) {
	const Head *head = (Head *)op;
	const Integers *q = head->integers;
	const double *stream_unit = op->net->streams[op->block].unit;
	for (int k = 0; k < head->outputs; k++) {
		const double step = ldexp(scale_value(q->scale[k]), -q->preshift) * q->unit[k];
		for (int h = 0; h < op->net->H; h++) set_weight(head, k, h, q->weight[k * op->net->H + h] * step / stream_unit[h]);
	}
}

static double weigh(const Operation *op, const Objective *objective, uint32_t row, int length) {
	(void)op, (void)objective, (void)row;
	return length;
}

static void outputs(Operation *op, const Group *group, float *to) {
	const Head *head = (Head *)op;
	const size_t T = op->net->shape.steps;
	for (int i = 0; i < LANES; i++)
		for (int t = 0; group->row[i] >= 0 && t < group->length[i]; t++) {
			const vec *values = tape(group, head->values, t / STEPS);
			float *result = to + (group->row[i] * T + t) * head->outputs;
			for (int k = 0; k < head->outputs; k++) result[k] = values[k * STEPS + t % STEPS][i];
		}
}

static void judge(Operation *op, Thread *thread, Group *group, const Objective *objective, int train) {
	(void)train;
	const Head *head = (Head *)op;
	const size_t T = op->net->shape.steps;
	const double share = 1 / (head->outputs * objective->weight_sum);
	for (int chunk = 0; chunk < group->chunks; chunk++) {
		vec *values = tape(group, head->values, chunk);
		for (int i = 0; i < LANES; i++)
			for (int k = 0; k < STEPS; k++) {
				const int t = chunk * STEPS + k, there = group->row[i] >= 0 && t < group->length[i];
				const float *targets =
					there ? (const float *)objective->targets + (group->row[i] * T + t) * head->outputs : NULL;
				for (int o = 0; o < head->P; o++) {
					vec *value = &values[o * STEPS + k];
					double slope = 0;
					if (there && o < head->outputs)
						thread->loss += share * values_loss(objective, o, (*value)[i], targets[o], &slope);
					(*value)[i] = share * slope;
				}
			}
	}
}

const Kind kind_head_values_step = {
	.name = "head_values_step",
	.role = ROLE_HEAD,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = forward_quantized, .backward = backward},
	.read = read_integers,
	.interpret = interpret,
	.weigh = weigh,
	.outputs = outputs,
	.judge = judge,
};
