// Poles of a diagonal state-space model: zero-order hold of a mode's continuous parameters, its gradient, and the coordinates in
// which the optimizer moves A. Parameters are kept as log_dt, log_A_real and A_imag throughout.
#ifndef POLES_H
#define POLES_H

#include <complex.h>

/** log_dt, log_A_real, A_imag; none; real and imaginary part of Abar; log decay and phase of Abar. Only the first trains dt. */
enum { A_CONTINUOUS, A_FROZEN, A_DISCRETE, A_POLAR };

/** One mode: x' = A x + u, y = Re(C x), held for dt; q is such that Cbar = C q (or Bbar = B q) takes all of the input's gain. */
typedef struct {
	double dt;
	double complex a, a_bar, c, q;
} Pole;

Pole pole_of(double log_dt, double log_a_real, double a_imag, double complex c);

/** dL/dC, dL/d(A's coordinates), dL/d(log_dt), complex ones written as dL/dRe + i dL/dIm. */
typedef struct {
	double complex c, a;
	double log_dt;
} PoleGradient;

PoleGradient pole_gradient(const Pole *pole, double complex g_a_bar, double complex g_c_bar, int a_form);

/** Replaces log_A_real and A_imag by their coordinates in `a_form`; returns the angle, which may be beyond half a turn. */
double pole_to_coordinates(const Pole *pole, int a_form, double *log_a_real, double *a_imag);
/** And back, with the angle from before the update. Abar that left the unit circle is put inside it. */
void pole_from_coordinates(double dt, int a_form, double angle_before, double *log_a_real, double *a_imag);

#endif
