// Head "head_classes": logits = W pooled + b of the stream, pooled over time: its mean, or its last step. Spec: size is the
// number of classes, option the pooling.
#ifndef HEAD_CLASSES_H
#define HEAD_CLASSES_H

#include "../operation.h"

enum { POOLING_MEAN, POOLING_LAST };

typedef struct HeadIntegers HeadIntegers;

typedef struct {
	Operation op;
	int classes, pooling;
	int weight, bias;          // parameters: (classes, H), (classes)
	long sum_weight, sum_bias; // doubles of a thread: the same shapes
	long pooled;               // (H) of a group; its gradient once judged
	const double *weight_of;   // (classes, H): the parameters, or what the integers mean
	HeadIntegers *integers;
} HeadClasses;

/** The mask of lanes whose step `t` counts in pooling. */
static inline mask head_counted(const HeadClasses *head, const Group *group, int t) {
	const mask valid = valid_at(group, t);
	return head->pooling == POOLING_LAST ? (mask)(valid & ~valid_at(group, t + 1)) : valid;
}

// head_classes_quantized.c
Forward head_classes_forward_quantized;
void head_classes_read(Operation *op, Source *source);
void head_classes_interpret(Operation *op);
void head_classes_logits_quantized(const HeadClasses *head, const vec *pooled, int lane, double *logits);
/** Real value of the pooled integer of head h. */
real head_classes_pooled_quantized(const HeadClasses *head, const vec *pooled, int h, int lane);

#endif
