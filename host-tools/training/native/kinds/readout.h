// Shared by heads of the stream pooled over time (mean or last step): outputs = W pooled + b. Spec: size is the number of
// outputs, option the pooling. Outputs and their gradients are cheap: computed in double, sample by sample.
#ifndef READOUT_H
#define READOUT_H

#include "../operation.h"

/** In the order of src/network/pooling.ts. */
enum { POOLING_MEAN, POOLING_LAST };

typedef struct ReadoutIntegers ReadoutIntegers;

typedef struct {
	Operation op;
	int outputs, pooling;
	int weight, bias;          // parameters: (outputs, H), (outputs)
	long sum_weight, sum_bias; // doubles of a thread: the same shapes
	long pooled;               // (H) of a group; then its gradient
	const double *weight_of;   // (outputs, H): the parameters, or the real values of the integers
	ReadoutIntegers *integers;
} Readout;

/** Mask of lanes whose step `t` counts in pooling. */
static inline mask readout_counted(const Readout *head, const Group *group, int t) {
	const mask valid = valid_at(group, t);
	return head->pooling == POOLING_LAST ? (mask)(valid & ~valid_at(group, t + 1)) : valid;
}

Operation *readout_open(Network *net, const Spec *spec);
void readout_expand(Operation *op);
void readout_collect(Operation *op, int a_form);
Forward readout_forward;
Backward readout_backward;
/** A head's `outputs`. */
void readout_outputs(Operation *op, const Group *group, float *to);
/** The outputs of the sample in `lane`. */
void readout_of(const Readout *head, const vec *pooled, int lane, double *outputs);
/** Adds the gradient of the sample in `lane` by its outputs, and prepares backward. */
void readout_back(const Readout *head, Thread *thread, vec *pooled, int lane, const double *slope);
/** Prepares backward for a lane without a sample. */
void readout_skip(const Readout *head, vec *pooled, int lane);

// readout_quantized.c
Forward readout_forward_quantized;
void readout_read(Operation *op, Source *source);
void readout_interpret(Operation *op);
void readout_of_quantized(const Readout *head, const vec *pooled, int lane, double *outputs);
/** Real value of the pooled integer of head h. */
real readout_pooled_quantized(const Readout *head, const vec *pooled, int h, int lane);

#endif
