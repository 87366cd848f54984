// Mixer "s4d": each head filters its row by its own N complex modes, out = Re(C x) + D in, x[k] = Abar x[k-1] + in[k]; the
// input gain is in Cbar. Spec: size is N. Layout of states: (H, P / MODES) groups of 2 MODES vectors, P = N padded.
#ifndef S4D_H
#define S4D_H

#include "../arithmetic/integer.h"
#include "../arithmetic/scan.h"
#include "../operation.h"

typedef struct {
	integer *a_re, *a_im, *gain, *c_re, *c_im; // (H, P): Abar in Q15, input gain, codes of C
	real *state_re, *state_im;                 // (H, P): real size of a unit of x
	real *limit_re, *limit_im;                 // (H, P): magnitude of x where it saturates, real
	Scale *c_scale;                            // (H)
	int32_t *d;                                // (H)
	double *in_unit;                           // (H): real size of a unit of the input
	int32_t x_max, dithered, c_preshift, out_fraction;
	Scale d_scale;
	uint32_t dither; // word of the first step before the first mode
} S4dIntegers;

typedef struct {
	Operation op;
	int N, P;
	int log_dt, log_a_real, a_imag, c_real, c_imag, d; // parameters, as the tensors of FloatLayer
	long sum_a_re, sum_a_im, sum_c_re, sum_c_im;       // (H, P)
	long sum_d;                                        // (H)
	real *a_re, *a_im, *c_re, *c_im;                   // (H, P)
	real *d_of;                                        // (H)
	Region checkpoint;                                 // states before each chunk
	long state, history; // scratch: running states or adjoints; states of a chunk (STEPS, 2 MODES)
	double *angle;       // (H, N): of Abar before an update
	S4dIntegers *integers;
} S4d;

static inline ModeGroup s4d_modes(const S4d *s, int at) {
	return (ModeGroup){s->a_re + at, s->a_im + at, s->c_re + at, s->c_im + at};
}

static inline ModeGradient s4d_gradient(const S4d *s, vec *sums, int at) {
	return (ModeGradient){sums + s->sum_a_re + at, sums + s->sum_a_im + at, sums + s->sum_c_re + at, sums + s->sum_c_im + at};
}

static inline size_t s4d_state_count(const S4d *s) { return (size_t)s->op.net->H * s->P * 2; }

/** Running states (adjoints backward) at a chunk; zero at the first one visited. */
vec *s4d_state(const S4d *s, const Place *at, int first_chunk);

// s4d_quantized.c
Forward s4d_forward_quantized;
Backward s4d_backward_quantized;
void s4d_read(Operation *op, Source *source);
void s4d_interpret(Operation *op);

#endif
