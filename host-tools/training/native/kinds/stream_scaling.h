// Integer output of norms that are folded on the device: out = saturated(scaled(stream - zero)), per head.
#ifndef STREAM_SCALING_H
#define STREAM_SCALING_H

#include "../operation.h"
#include "../source.h"

typedef struct {
	Scale *scale;  // (H)
	int32_t *zero; // (H)
	int32_t max;
} StreamScaling;

/** Reads the next one from the source into `scaling`; allocates its memory when NULL. */
static inline StreamScaling *scaling_read(StreamScaling *scaling, Network *net, struct Source *source) {
	if (!scaling) {
		scaling = memory_take(&net->memory, sizeof *scaling);
		if (scaling) scaling->scale = memory_take(&net->memory, sizeof(Scale) * net->H);
		if (scaling) scaling->zero = memory_take(&net->memory, sizeof(int32_t) * net->H);
	}
	if (net->memory.failed) return NULL;
	scaling->max = next_integer(source);
	next_scales(source, scaling->scale, net->H);
	next_integers(source, scaling->zero, net->H);
	return scaling;
}

static inline void scaling_forward(const StreamScaling *q, int H, const ints *restrict in, ints *restrict out) {
	const int32_t max = q->max;
	for (int h = 0; h < H; h++) {
		const Scale scale = q->scale[h];
		const int32_t zero = q->zero[h];
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) out[k] = saturated(scaled(in[k] - zero, scale), max);
	}
}

/** Stops gradients of row h where the output is saturated. */
static inline void scaling_stop(const StreamScaling *q, int h, const ints *restrict in, vec *restrict dout) {
	const Scale scale = q->scale[h];
	const int32_t zero = q->zero[h], end = q->max + 1;
	for (int k = h * STEPS; k < (h + 1) * STEPS; k++) dout[k] = keep(inside(scaled(in[k] - zero, scale), -end, end), dout[k]);
}

#endif
