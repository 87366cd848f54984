// RMSNorm before the mixer and after the residual addition; see norm_step.h.
#include "norm_step.h"

static Operation *open(Network *net, const Spec *spec) { return norm_step_open(net, spec, 0); }

const Kind kind_norm_rms = {
	.name = "norm_rms",
	.role = ROLE_NORM,
	.open = open,
	.expand = norm_step_expand,
	.collect = norm_step_collect,
	.real = {.forward = norm_step_forward, .backward = norm_step_backward},
	.quantized = {.forward = norm_step_forward_quantized, .backward = norm_step_backward_quantized},
	.read = norm_step_read,
};

const Kind kind_post_rms = {
	.name = "post_rms",
	.role = ROLE_POST,
	.open = open,
	.expand = norm_step_expand,
	.collect = norm_step_collect,
	.real = {.forward = norm_step_forward, .backward = norm_step_backward},
	.quantized = {.forward = post_step_forward_quantized, .backward = post_step_backward_quantized},
	.read = post_step_read,
};
