// Channel mixers "half_glu1" and "half_glu2": out = stream + value * s(W in + b), where value is `in` or the mixer's output. s and
// Spec.option are those of glu.h.
#ifndef HALF_GLU_H
#define HALF_GLU_H

#include "../operation.h"
#include "opening.h"

typedef struct {
	Operation op;
	int hard;                 // option
	int weight, bias;         // parameters: (H, H), (H)
	long sum_weight, sum_bias; // (H, R), (R)
	real *forward, *backward; // W as (H, R) and as (R, R)
	real *bias_of;            // (R)
	long gate, value;         // scratch: (R, STEPS) each: gates or their gradient; gradient of values
} HalfGlu;

#endif
