// Channel mixers "half_glu1" and "half_glu2": out = stream + value * s(W in + b), where value is `in` or the mixer's output. s and
// Spec.option are those of glu.h.
#ifndef HALF_GLU_H
#define HALF_GLU_H

#include "../arithmetic/integer.h"
#include "../operation.h"
#include "opening.h"

typedef struct {
	integer opening[PHI_ENTRIES];
	real *codes;       // (H, R): of W, laid out as HalfGlu.forward
	Scale *row_scale;  // (H)
	int32_t *row_bias; // (H)
	int32_t preshift, gate_fraction;
	Scale *value_scale; // (H): of a value, (code + value_zero) times it
	int32_t value_shift, value_zero;
	real *value_slope;     // (H): d(value) per real size of a code, about 1
	real value_unit;       // real size of a code of the value
	real in_unit, in_zero; // real value of `in` = (code + zero) unit
} HalfGluIntegers;

typedef struct {
	Operation op;
	int hard;                  // option
	int weight, bias;          // parameters: (H, H), (H)
	long sum_weight, sum_bias; // (H, R), (R)
	real *forward, *backward;  // W as (H, R) and as (R, R)
	real *bias_of;             // (R)
	long gate, value;          // scratch: (R, STEPS) each: gates or their gradient; gradient of values
	HalfGluIntegers *integers;
} HalfGlu;

/** From dL/d(gates) in scratch to gradient sums and dL/d(in). */
void half_glu_backward_linear(const HalfGlu *g, const Place *at, const vec *in, vec *din);

/** dL/d(value) of the chunk just differentiated. */
void half_glu_add_values(Operation *op, const Place *at, vec *to);

// half_glu_quantized.c
Forward half_glu1_forward_quantized, half_glu2_forward_quantized;
Backward half_glu1_backward_quantized, half_glu2_backward_quantized;
void half_glu_read(Operation *op, Source *source);
void half_glu_interpret(Operation *op);

#endif
