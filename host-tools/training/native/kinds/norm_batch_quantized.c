// BatchNorm in integers: a norm is its running statistics, folded into one scaling per head; a post changes only the real
// values that the stream's integers represent. See norm_batch.h.
#include "norm_batch.h"

#include <string.h>

void norm_batch_read(Operation *op, Source *source) {
	NormBatch *n = (NormBatch *)op;
	n->integers = scaling_read(n->integers, op->net, source);
}

void norm_batch_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	scaling_forward(((NormBatch *)op)->integers, op->net->H, (const ints *)in, (ints *)out);
}

void post_batch_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	memcpy(out, in, sizeof(vec) * op->net->H * STEPS);
}

void norm_batch_gather_quantized(Operation *op, const Place *at, const vec *in, vec *dout) {
	for (int h = 0; h < op->net->H; h++) scaling_stop(((NormBatch *)op)->integers, h, (const ints *)in, dout);
	post_batch_gather_quantized(op, at, in, dout);
}

void post_batch_gather_quantized(Operation *op, const Place *at, const vec *in, vec *dout) {
	const NormBatch *n = (NormBatch *)op;
	const Stream *stream = &op->net->streams[op->block];
	const ints *x = (const ints *)in;
	for (int h = 0; h < op->net->H; h++) {
		const vec slope = splat(stream->unit[h] * n->inverse_std[h]);
		const vec offset = splat((stream->offset[h] - n->mean[h]) * n->inverse_std[h]);
		vec sum_dz = splat(0), sum_dz_xhat = splat(0);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) {
			sum_dz += dout[k];
			sum_dz_xhat += dout[k] * (to_real(x[k]) * slope + offset);
		}
		at->thread->sums[n->sum_dz + h] += sum_dz;
		at->thread->sums[n->sum_dz_xhat + h] += sum_dz_xhat;
	}
}

void norm_batch_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)at, (void)in, (void)stream;
	const NormBatch *n = (NormBatch *)op;
	for (int h = 0; h < op->net->H; h++) {
		const vec scale = splat(n->scale[h]);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) din[k] += scale * dout[k];
	}
}
