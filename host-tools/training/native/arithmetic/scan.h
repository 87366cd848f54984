// The diagonal recurrence over one chunk of STEPS steps, for modes with one input and one output, four at a time with their
// states in registers:
//     x[k] = Abar x[k-1] + z[k],   y[k] += Re(sum over modes of Cbar x[k])
// and its adjoint. Modes lie in groups of 4; states of a group are re[4], im[4].
#ifndef SCAN_H
#define SCAN_H

#include "matrix.h"
#include "real.h"

#define MODES 4

/** Coefficients of four modes; each array has MODES entries. */
typedef struct {
	const real *a_re, *a_im, *c_re, *c_im;
} ModeGroup;

/** Runs the chunk forward: `state` (8 vectors) advances by STEPS steps, outputs are added to y. */
static inline void scan_forward(vec *restrict state, ModeGroup m, const vec *restrict z, vec *restrict y) {
	vec re[MODES], im[MODES], ar[MODES], ai[MODES], cr[MODES], ci[MODES];
	for (int n = 0; n < MODES; n++) {
		re[n] = state[n], im[n] = state[MODES + n];
		ar[n] = splat(m.a_re[n]), ai[n] = splat(m.a_im[n]);
		cr[n] = splat(m.c_re[n]), ci[n] = splat(m.c_im[n]);
	}
	for (int k = 0; k < STEPS; k++) {
		const vec u = z[k];
		vec even = y[k], odd = splat(0);
		for (int n = 0; n < MODES; n++) {
			const vec r = ar[n] * re[n] + (u - ai[n] * im[n]);
			im[n] = ar[n] * im[n] + ai[n] * re[n];
			re[n] = r;
			even += cr[n] * re[n];
			odd -= ci[n] * im[n];
		}
		y[k] = even + odd;
	}
	for (int n = 0; n < MODES; n++) state[n] = re[n], state[MODES + n] = im[n];
}

/** Runs the chunk forward from a checkpoint and keeps every state: history[k] is re[4], im[4] after step k. */
static inline void scan_replay(const vec *restrict state, ModeGroup m, const vec *restrict z, vec *restrict history) {
	vec re[MODES], im[MODES], ar[MODES], ai[MODES];
	for (int n = 0; n < MODES; n++) {
		re[n] = state[n], im[n] = state[MODES + n];
		ar[n] = splat(m.a_re[n]), ai[n] = splat(m.a_im[n]);
	}
	for (int k = 0; k < STEPS; k++) {
		const vec u = z[k];
		for (int n = 0; n < MODES; n++) {
			const vec r = ar[n] * re[n] + (u - ai[n] * im[n]);
			im[n] = ar[n] * im[n] + ai[n] * re[n];
			re[n] = r;
			history[k * 2 * MODES + n] = re[n];
			history[k * 2 * MODES + MODES + n] = im[n];
		}
	}
}

/** Gradient sums of four modes, as (re, im) pairs of arrays of MODES vectors: dL/dRe, dL/dIm of Abar and of Cbar. */
typedef struct {
	vec *a_re, *a_im, *c_re, *c_im;
} ModeGradient;

/** Magnitudes of four modes' states at which they saturate. */
typedef struct {
	const real *re, *im;
} ModeLimits;

/**
 * The adjoint of the chunk: lambda[k] = conj(Abar) lambda[k+1] + conj(Cbar) dy[k]; dz[k] += Re(lambda[k]). `adjoint` (8
 * vectors) is lambda of the step after the chunk on entry and lambda of its first step on return. Two modes at a time: twelve
 * registers of states and sums. With `limits`, a gradient stops at a saturated state.
 */
static inline void scan_backward(vec *restrict adjoint, ModeGroup m, const ModeLimits *limits, ModeGradient g,
	const vec *restrict history, const vec *restrict dy, vec *restrict dz) {
	for (int first = 0; first < MODES; first += 2) {
		vec lr[2], li[2], gar[2], gai[2], gcr[2], gci[2], ar[2], ai[2], cr[2], ci[2];
		for (int i = 0; i < 2; i++) {
			const int n = first + i;
			lr[i] = adjoint[n], li[i] = adjoint[MODES + n];
			gar[i] = gai[i] = gcr[i] = gci[i] = splat(0);
			ar[i] = splat(m.a_re[n]), ai[i] = splat(m.a_im[n]);
			cr[i] = splat(m.c_re[n]), ci[i] = splat(m.c_im[n]);
		}
		for (int k = STEPS - 1; k >= 0; k--) {
			const vec d = dy[k];
			vec sum = dz[k];
			for (int i = 0; i < 2; i++) {
				const vec xr = history[k * 2 * MODES + first + i];
				const vec xi = history[k * 2 * MODES + MODES + first + i];
				gar[i] += lr[i] * xr + li[i] * xi;
				gai[i] += li[i] * xr - lr[i] * xi;
				gcr[i] += d * xr;
				gci[i] -= d * xi;
				const vec r = ar[i] * lr[i] + (ai[i] * li[i] + cr[i] * d);
				li[i] = ar[i] * li[i] - (ai[i] * lr[i] + ci[i] * d);
				lr[i] = r;
				if (limits) {
					const vec re = splat(limits->re[first + i]), im = splat(limits->im[first + i]);
					lr[i] = keep((xr < re) & (xr > -re), lr[i]);
					li[i] = keep((xi < im) & (xi > -im), li[i]);
				}
				sum += lr[i];
			}
			dz[k] = sum;
		}
		for (int i = 0; i < 2; i++) {
			const int n = first + i;
			adjoint[n] = lr[i], adjoint[MODES + n] = li[i];
			g.a_re[n] += gar[i], g.a_im[n] += gai[i];
			g.c_re[n] += gcr[i], g.c_im[n] += gci[i];
		}
	}
}

#endif
