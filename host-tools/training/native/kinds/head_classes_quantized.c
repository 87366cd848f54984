// The head for classes in integers; see head_classes.h.
#include <string.h>

#include "../source.h"
#include "head_classes.h"

struct HeadIntegers {
	int32_t *weight, *bias; // (classes, H), (classes)
	Scale *scale;           // (classes)
	int32_t preshift;
	double logit_unit;
	double *weight_of; // (classes, H): what the codes mean
};

static HeadIntegers *take(const HeadClasses *head) {
	Memory *memory = &head->op.net->memory;
	const int count = head->classes * head->op.net->H;
	HeadIntegers *q = memory_take(memory, sizeof *q);
	if (!q) return NULL;
	q->weight = memory_take(memory, sizeof(int32_t) * count);
	q->bias = memory_take(memory, sizeof(int32_t) * head->classes);
	q->scale = memory_take(memory, sizeof(Scale) * head->classes);
	q->weight_of = memory_take(memory, sizeof(double) * count);
	return q;
}

void head_classes_read(Operation *op, Source *source) {
	HeadClasses *head = (HeadClasses *)op;
	if (!head->integers) head->integers = take(head);
	if (op->net->memory.failed) return;
	HeadIntegers *q = head->integers;
	q->logit_unit = ldexp(1, -next_integer(source));
	q->preshift = next_integer(source);
	next_integers(source, q->weight, head->classes * op->net->H);
	next_scales(source, q->scale, head->classes);
	next_integers(source, q->bias, head->classes);
}

void head_classes_interpret(Operation *op) {
	HeadClasses *head = (HeadClasses *)op;
	const HeadIntegers *q = head->integers;
	const double *stream_unit = op->net->streams[op->block].unit;
	const int H = op->net->H;
	for (int c = 0; c < head->classes; c++)
		for (int h = 0; h < H; h++)
			q->weight_of[c * H + h] =
				q->weight[c * H + h] * ldexp(scale_value(q->scale[c]), -q->preshift) * q->logit_unit / stream_unit[h];
	head->weight_of = q->weight_of;
}

/** Adds up valid steps, or keeps the last one, in integers; at the end the rounded mean, kept as reals. */
void head_classes_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream, (void)out;
	const HeadClasses *head = (HeadClasses *)op;
	const Group *group = at->group;
	vec *pooled = group->memory + head->pooled;
	ints *sums = (ints *)pooled;
	if (at->chunk == 0) memset(pooled, 0, sizeof(vec) * op->net->R);
	for (int k = 0; k < STEPS; k++) {
		const mask counted = head_counted(head, group, at->chunk * STEPS + k);
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

void head_classes_logits_quantized(const HeadClasses *head, const vec *pooled, int lane, double *logits) {
	const HeadIntegers *q = head->integers;
	const int H = head->op.net->H;
	for (int c = 0; c < head->classes; c++) {
		int32_t acc = 0;
		for (int h = 0; h < H; h++) acc += q->weight[c * H + h] * (int32_t)pooled[h][lane];
		const Scale scale = q->scale[c];
		const int32_t half = (1u << q->preshift) >> 1, half_scale = (1u << scale.shift) >> 1;
		const int32_t shifted = (acc + half) >> q->preshift;
		logits[c] = (((shifted * scale.factor + half_scale) >> scale.shift) + q->bias[c]) * q->logit_unit;
	}
}

real head_classes_pooled_quantized(const HeadClasses *head, const vec *pooled, int h, int lane) {
	const Stream *stream = &head->op.net->streams[head->op.block];
	return stream->unit[h] * pooled[h][lane] + stream->offset[h];
}
