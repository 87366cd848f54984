// Norm "norm_batch" and post "post_batch", BatchNorm1d: out = (in - mean) / sqrt(var + eps) weight + bias, per head. Mean and
// variance are those of the current batch (net->batch_statistics), or the running ones. Spec: value is eps.
#ifndef NORM_BATCH_H
#define NORM_BATCH_H

#include "stream_scaling.h"

typedef struct {
	Operation op;
	double eps;
	int weight, bias, statistics;            // parameters, (H) each; running statistics
	long sum_x, sum_xx, sum_dz, sum_dz_xhat; // (H) each; of x - pivot, valid steps
	real *scale, *shift;                     // (H): out = scale x + shift
	real *mean, *inverse_std;                // (H): xhat = (x - mean) inverse_std
	real *pivot;                             // (H): statistics are summed around it
	real *mean_dz, *mean_dz_xhat;            // (H): of the batch; 0 with running statistics, which do not depend on it
	StreamScaling *integers;                 // of a norm
} NormBatch;

// norm_batch_quantized.c
Forward norm_batch_forward_quantized;
Backward norm_batch_backward_quantized;
void norm_batch_gather_quantized(Operation *op, const Place *at, const vec *in, vec *dout);
Forward post_batch_forward_quantized;
void post_batch_gather_quantized(Operation *op, const Place *at, const vec *in, vec *dout);
void norm_batch_read(Operation *op, Source *source);

#endif
