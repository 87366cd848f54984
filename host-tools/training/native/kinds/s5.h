// Mixer "s5": all heads share P complex modes, x[k] = Abar x[k-1] + Bbar in[k], out = 2 Re(C x) + D in, with dense B (P, H) and
// C (H, P) and a step per mode. Spec: size is P. A tensor of modes is (2 Q, STEPS), Q = P padded: Q rows of real parts, then Q of
// imaginary parts; padding rows are 0.
#ifndef S5_H
#define S5_H

#include "../arithmetic/integer.h"
#include "../arithmetic/modes.h"
#include "../operation.h"

typedef struct {
	integer *a_re, *a_im;      // (Q): Abar in Q15
	real *b, *c;               // (H, 2 Q), (2 Q, R): codes, those of C's imaginary parts negative
	integer *c_whole;          // the same as c
	int c_exact;               // whether a real holds sums of C's products exactly
	Scale *b_scale;            // (Q): of a drive, out: units of 2^-15 x
	Scale *c_scale;            // (H)
	int32_t *d;                // (H)
	real *state_re, *state_im; // (Q): real size of a unit of x
	real *limit_re, *limit_im; // (Q): magnitude of x where it saturates, real
	double *in_unit;           // (H): real size of a unit of the input
	int32_t x_max, dithered, c_preshift, out_fraction;
	Scale d_scale;
	uint32_t dither; // word of the first step before the first mode
} S5Integers;

typedef struct {
	Operation op;
	int P, Q;
	int log_step, lambda_log_re, lambda_im, b_real, b_imag, c_real, c_imag, d; // parameters, as the tensors of FloatS5
	long sum_a_re, sum_a_im;                                                   // (Q)
	long sum_b, sum_c;                                                         // (H, 2 Q) each
	long sum_d;                                                                // (H)
	real *a_re, *a_im;                                                         // (Q)
	real *b_forward, *b_backward;                                              // Bbar as (H, 2 Q) and as (2 Q, R)
	real *c_forward, *c_backward; // 2 C as (2 Q, R) and as (H, 2 Q), imaginary parts negative
	real *d_of;                   // (H)
	Region checkpoint;            // states before each chunk, (2 Q)
	long state, replayed;         // scratch: running states or adjoints; replay states; (2 Q)
	long modes, adjoints;         // scratch: (2 Q, STEPS)
	long inputs;                  // scratch: (H, STEPS), codes of the input as reals
	double *angle;                // (P): of Abar before an update
	S5Integers *integers;
} S5;

/** Running states (adjoints backward) at a chunk; zero at the first one visited. */
vec *s5_state(const S5 *s, const Place *at, int first_chunk);

/**
 * From states and adjoints of a chunk, which it computes from `dout`, to gradient sums and `din`. `limits` as in
 * modes_backward.
 */
void s5_backward_linear(const S5 *s, const Place *at, const ModesLimits *limits, const vec *in, const vec *dout, vec *din);

// s5_quantized.c
Forward s5_forward_quantized;
Backward s5_backward_quantized;
void s5_read(Operation *op, Source *source);
void s5_interpret(Operation *op);

#endif
