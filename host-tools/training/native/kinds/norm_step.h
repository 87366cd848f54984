// Norms over the heads of a step. LayerNorm ("norm_layer", "post_layer"): out = (in - mean) / sqrt(var + eps) weight + bias. RMSNorm
// ("norm_rms", "post_rms"): out = in / sqrt(mean square + eps) weight. Spec: value is eps.
#ifndef NORM_STEP_H
#define NORM_STEP_H

#include "../arithmetic/integer.h"
#include "../operation.h"

typedef struct {
	uint16_t inverse_root[INVERSE_ROOT_ENTRIES];
	int32_t max;      // of u; a post has the stream's width
	uint32_t epsilon; // H eps in squared units of the stream
	Scale *scale;     // (H), negative where the sign changes
	int32_t *zero;    // (H)
} NormStepIntegers;

typedef struct {
	Operation op;
	double eps;
	int centred;               // LayerNorm: has a mean and a bias
	int weight, bias;          // parameters, (H) each
	long sum_weight, sum_bias; // (H) each
	real *weight_of, *bias_of; // (H)
	NormStepIntegers *integers;
} NormStep;

Operation *norm_step_open(Network *net, const Spec *spec, int centred);
void norm_step_expand(Operation *op);
void norm_step_collect(Operation *op, int a_form);
Forward norm_step_forward;
Backward norm_step_backward;

/** Per step: xhat = (in - mean) inverse. */
typedef struct {
	vec mean[STEPS], inverse[STEPS];
} NormStatistics;

/**
 * Gradient sums, and the gradient through the statistics of a chunk `in`: adds to din. `in` and its statistics are in units of
 * `unit`, the same for all heads.
 */
void norm_step_chain(
	const NormStep *n, const Place *at, const vec *in, const NormStatistics *statistics, real unit, const vec *dout, vec *din);

/** Statistics of a chunk, with eps in squared units of `in`. */
void norm_step_statistics(const NormStep *n, const vec *in, real eps, NormStatistics *to);

// norm_step_quantized.c
Forward norm_step_forward_quantized, post_step_forward_quantized;
Backward norm_step_backward_quantized, post_step_backward_quantized;
void norm_step_read(Operation *op, Source *source);
void post_step_read(Operation *op, Source *source);

/** A norm over the heads of a step as two kinds, before the mixer and after the residual addition. */
#define NORM_STEP_KINDS(NAME, CENTRED) \
	static Operation *open(Network *net, const Spec *spec) { return norm_step_open(net, spec, CENTRED); } \
	NORM_STEP_KIND(norm, NAME, ROLE_NORM) \
	NORM_STEP_KIND(post, NAME, ROLE_POST)

#define NORM_STEP_KIND(PLACE, NAME, ROLE) \
	const Kind kind_##PLACE##_##NAME = { \
		.name = #PLACE "_" #NAME, \
		.role = ROLE, \
		.open = open, \
		.expand = norm_step_expand, \
		.collect = norm_step_collect, \
		.real = {.forward = norm_step_forward, .backward = norm_step_backward}, \
		.quantized = {.forward = PLACE##_step_forward_quantized, .backward = PLACE##_step_backward_quantized}, \
		.read = PLACE##_step_read, \
	};

#endif
