// The diagonal recurrence over one chunk of STEPS steps for modes with separate drives:
//     x[k] = Abar x[k-1] + drive[k]
// and its adjoint. A tensor of modes is (2 Q, STEPS), Q a multiple of MODES: rows of real parts, then of imaginary parts.
#ifndef MODES_H
#define MODES_H

#include "scan.h"

/** `x` holds the drive on entry and the states on return; `state` (2 Q) advances by STEPS steps. */
static inline void modes_forward(int Q, const real *a_re, const real *a_im, vec *restrict state, vec *restrict x) {
	for (int n = 0; n < Q; n += MODES) {
		vec re[MODES], im[MODES], ar[MODES], ai[MODES];
		for (int i = 0; i < MODES; i++) {
			re[i] = state[n + i], im[i] = state[Q + n + i];
			ar[i] = splat(a_re[n + i]), ai[i] = splat(a_im[n + i]);
		}
		vec *x_re = x + n * STEPS, *x_im = x + (Q + n) * STEPS;
		for (int k = 0; k < STEPS; k++)
			for (int i = 0; i < MODES; i++) {
				const vec r = ar[i] * re[i] + (x_re[i * STEPS + k] - ai[i] * im[i]);
				im[i] = ar[i] * im[i] + (x_im[i * STEPS + k] + ai[i] * re[i]);
				re[i] = r;
				x_re[i * STEPS + k] = re[i], x_im[i * STEPS + k] = im[i];
			}
		for (int i = 0; i < MODES; i++) state[n + i] = re[i], state[Q + n + i] = im[i];
	}
}

/** Magnitudes of states at which they saturate, (Q) each. */
typedef struct {
	const real *re, *im;
} ModesLimits;

/**
 * lambda[k] = conj(Abar) lambda[k+1] + g[k]. `g` holds the outputs' gradient on entry and lambda on return; `adjoint` (2 Q) is
 * lambda of the step after the chunk, then of its first step. Adds dL/dRe, dL/dIm of Abar to sum_re, sum_im. With `limits`, a
 * gradient stops at a saturated state.
 */
static inline void modes_backward(int Q, const real *a_re, const real *a_im, const ModesLimits *limits, const vec *restrict x,
	vec *restrict adjoint, vec *restrict g, vec *restrict sum_re, vec *restrict sum_im) {
	for (int n = 0; n < Q; n += MODES) {
		vec lr[MODES], li[MODES], ar[MODES], ai[MODES], gar[MODES], gai[MODES];
		for (int i = 0; i < MODES; i++) {
			lr[i] = adjoint[n + i], li[i] = adjoint[Q + n + i];
			ar[i] = splat(a_re[n + i]), ai[i] = splat(a_im[n + i]);
			gar[i] = gai[i] = splat(0);
		}
		const vec *x_re = x + n * STEPS, *x_im = x + (Q + n) * STEPS;
		vec *g_re = g + n * STEPS, *g_im = g + (Q + n) * STEPS;
		for (int k = STEPS - 1; k >= 0; k--)
			for (int i = 0; i < MODES; i++) {
				const int at = i * STEPS + k;
				gar[i] += lr[i] * x_re[at] + li[i] * x_im[at];
				gai[i] += li[i] * x_re[at] - lr[i] * x_im[at];
				const vec r = ar[i] * lr[i] + (g_re[at] + ai[i] * li[i]);
				li[i] = ar[i] * li[i] + (g_im[at] - ai[i] * lr[i]);
				lr[i] = r;
				if (limits) {
					const vec re = splat(limits->re[n + i]), im = splat(limits->im[n + i]);
					lr[i] = keep((x_re[at] < re) & (x_re[at] > -re), lr[i]);
					li[i] = keep((x_im[at] < im) & (x_im[at] > -im), li[i]);
				}
				g_re[at] = lr[i], g_im[at] = li[i];
			}
		for (int i = 0; i < MODES; i++) {
			adjoint[n + i] = lr[i], adjoint[Q + n + i] = li[i];
			sum_re[n + i] += gar[i], sum_im[n + i] += gai[i];
		}
	}
}

#endif
