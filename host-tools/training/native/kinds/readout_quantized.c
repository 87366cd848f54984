// Heads that see the pooled stream, in integers; see readout.h.
#include <string.h>

#include "../source.h"
#include "readout.h"

struct ReadoutIntegers {
	int32_t *weight, *bias; // (outputs, H), (outputs)
	Scale *scale;           // (outputs)
	int32_t preshift;
	double *unit, *zero; // (outputs): output = unit integer + zero
	double *weight_of;   // (outputs, H): real values of the codes
};

static ReadoutIntegers *take(const Readout *head) {
	Memory *memory = &head->op.net->memory;
	const int count = head->outputs * head->op.net->H;
	ReadoutIntegers *q = memory_take(memory, sizeof *q);
	if (!q) return NULL;
	q->weight = memory_take(memory, sizeof(int32_t) * count);
	q->bias = memory_take(memory, sizeof(int32_t) * head->outputs);
	q->scale = memory_take(memory, sizeof(Scale) * head->outputs);
	q->unit = memory_take(memory, sizeof(double) * head->outputs);
	q->zero = memory_take(memory, sizeof(double) * head->outputs);
	q->weight_of = memory_take(memory, sizeof(double) * count);
	return q;
}

void readout_read(Operation *op, Source *source) {
	Readout *head = (Readout *)op;
	if (!head->integers) head->integers = take(head);
	if (op->net->memory.failed) return;
	ReadoutIntegers *q = head->integers;
	q->preshift = next_integer(source);
	next_integers(source, q->weight, head->outputs * op->net->H);
	next_scales(source, q->scale, head->outputs);
	next_integers(source, q->bias, head->outputs);
	next_reals(source, q->unit, head->outputs);
	next_reals(source, q->zero, head->outputs);
}

void readout_interpret(Operation *op) {
	Readout *head = (Readout *)op;
	const ReadoutIntegers *q = head->integers;
	const double *stream_unit = op->net->streams[op->block].unit;
	const int H = op->net->H;
	for (int c = 0; c < head->outputs; c++)
		for (int h = 0; h < H; h++)
			q->weight_of[c * H + h] =
				q->weight[c * H + h] * ldexp(scale_value(q->scale[c]), -q->preshift) * q->unit[c] / stream_unit[h];
	head->weight_of = q->weight_of;
}

/** Sums valid steps, or keeps the last one, in integers; finally the rounded mean, kept as reals. */
void readout_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const Readout *head = (Readout *)op;
	const Group *group = at->group;
	vec *pooled = group->memory + head->pooled;
	ints *sums = (ints *)pooled;
	if (at->chunk == 0) memset(pooled, 0, sizeof(vec) * op->net->R);
	for (int k = 0; k < STEPS; k++) {
		const mask counted = readout_counted(head, group, at->chunk * STEPS + k);
		for (int h = 0; h < op->net->H; h++) sums[h] += counted & ((const ints *)in)[h * STEPS + k];
	}
	if (at->chunk < group->chunks - 1) return;
	for (int h = 0; h < op->net->H; h++) {
		const ints sum = sums[h];
		for (int i = 0; i < LANES; i++) {
			const int64_t T = group->length[i] && head->pooling == POOLING_MEAN ? group->length[i] : 1;
			const int64_t rounded = sum[i] + (T >> 1);
			pooled[h][i] = rounded / T - (rounded % T < 0);
		}
	}
}

void readout_of_quantized(const Readout *head, const vec *pooled, int lane, double *outputs) {
	const ReadoutIntegers *q = head->integers;
	const int H = head->op.net->H;
	for (int c = 0; c < head->outputs; c++) {
		int32_t acc = 0;
		for (int h = 0; h < H; h++) acc += q->weight[c * H + h] * (int32_t)pooled[h][lane];
		const Scale scale = q->scale[c];
		const int32_t half = (1u << q->preshift) >> 1, half_scale = (1u << scale.shift) >> 1;
		const int32_t shifted = (acc + half) >> q->preshift;
		outputs[c] = (((shifted * scale.factor + half_scale) >> scale.shift) + q->bias[c]) * q->unit[c] + q->zero[c];
	}
}

real readout_pooled_quantized(const Readout *head, const vec *pooled, int h, int lane) {
	const Stream *stream = &head->op.net->streams[head->op.block];
	return stream->unit[h] * pooled[h][lane] + stream->offset[h];
}
