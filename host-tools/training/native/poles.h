// Poles of a diagonal state-space model: zero-order hold of a mode's continuous parameters, its gradient, and the coordinates in
// which the optimizer moves A. Mixers keep a pole as log_decay and frequency, A = -exp(log_decay) + i frequency, throughout.
#ifndef POLES_H
#define POLES_H

#include <complex.h>

/** dt, log_decay, frequency; none; real and imaginary part of Abar; log decay and phase of Abar. Only the first trains dt. */
enum { A_CONTINUOUS, A_FROZEN, A_DISCRETE, A_POLAR };

/** One mode: x' = A x + u, held for dt; q = (Abar - 1) / A is the input gain, folded into Bbar or Cbar. */
typedef struct {
	double dt;
	double complex a, a_bar, q;
} Pole;

Pole pole_of(double dt, double log_decay, double frequency);

/** dL/d(A's coordinates) and dL/d(dt); complex numbers are dL/dRe + i dL/dIm. */
typedef struct {
	double complex a;
	double dt;
} PoleGradient;

PoleGradient pole_gradient(const Pole *pole, double complex g_a_bar, double complex g_q, int a_form);

/** Replaces log_decay and frequency by their coordinates in `a_form`; returns the angle, which may be beyond half a turn. */
double pole_to_coordinates(const Pole *pole, int a_form, double *log_decay, double *frequency);
/** And back, given the angle before the update. Abar outside the unit circle is moved inside. */
void pole_from_coordinates(double dt, int a_form, double angle_before, double *log_decay, double *frequency);

#endif
