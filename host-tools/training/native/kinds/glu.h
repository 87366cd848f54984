// Channel mixer "glu": out = stream + value * s(gate), value and gate the two halves of W in + b; s is the sigmoid or, where
// Spec.option is 1, its piecewise linear form (opening.h).
#ifndef GLU_H
#define GLU_H

#include "../arithmetic/integer.h"
#include "../operation.h"
#include "opening.h"

typedef struct {
	integer opening[PHI_ENTRIES];
	real *codes;       // (H, J): of W, laid out as Glu.forward
	Scale *row_scale;  // (J)
	int32_t *row_bias; // (J)
	int32_t value_preshift, value_shift, gate_preshift, gate_fraction;
	real in_unit, in_zero; // real value of `in` = (code + zero) unit
} GluIntegers;

typedef struct {
	Operation op;
	int hard;                  // option: s(x) = clip(x / 6 + 1 / 2, 0, 1)
	int J;                     // rows of W, padded: values from 0, gates from R
	int weight, bias;          // parameters: (2H, H), (2H)
	long sum_weight, sum_bias; // (H, J), (J)
	real *forward, *backward;  // W as (H, J) and as (J, R)
	real *bias_of;             // (J)
	long mixed;                // scratch: (J, STEPS)
	GluIntegers *integers;
} Glu;

/** From dL/d(W in + b) in scratch, H rows each of values and gates, to gradient sums and dL/d(in). */
void glu_backward_linear(const Glu *g, const Place *at, const vec *in, vec *din);

// glu_quantized.c
Forward glu_forward_quantized;
Backward glu_backward_quantized;
void glu_read(Operation *op, Source *source);
void glu_interpret(Operation *op);

#endif
