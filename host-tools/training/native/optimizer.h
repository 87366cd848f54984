// AdamW over the flat parameters, in double: warm-up and cosine schedule; a lower rate without weight decay for RULE_SSM
// parameters, dt, A and S5's B (the practice of state-spaces/s4 and lindermanlab/S5); clipping by global norm; an exponential
// average of weights.
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include "network.h"

/** Settings of the whole run. */
typedef struct {
	double rate, ssm_rate;       // highest rates
	double weight_decay;         // of parameters with RULE_DECAYED; decoupled
	double clip;                 // global gradient norm, 0: none
	double averaging;            // decay of the exponential average of weights, 0: none
	double label_smoothing;      // 0 to 1
	double distill, temperature; // teacher's fraction of the loss, 0 to 1; divisor of both logits in it
	double dropout;              // of the activation's output, one mask per sample and head for all steps; 0 to 1
	double norm_momentum;        // of running statistics
	double loss_limit;           // a batch loss above it is divergence
	double huber;                // of values: errors beyond it count linearly; 0: none do
	int32_t total_steps, warmup_steps;
	int32_t frozen_norm; // 1: norms use running statistics without updating them
	int32_t a_form;      // A_CONTINUOUS and so on (poles.h)
	uint32_t seed;       // of dropout
} Optimization;

typedef struct {
	double *first, *second; // moments
	double *average;        // parameters, running means, running variances
	double step;            // updates done
} Optimizer;

int optimizer_open(Optimizer *optimizer, const Network *net);
void optimizer_close(Optimizer *optimizer);

/** Euclidean norm of net->parameter_gradient. */
double gradient_norm(const Network *net);

/** One update of net->parameters by net->parameter_gradient of norm `norm`. */
void optimizer_step(Optimizer *optimizer, Network *net, const Optimization *optimization, double norm);

/** Rate at update `step` as a fraction of the maximum: linear warm-up, then a half cosine down to zero at total_steps. */
double schedule(const Optimization *optimization, double step);

#endif
