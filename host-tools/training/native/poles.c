// See poles.h.
#include "poles.h"

#include <math.h>

/** e^z - 1 without cancellation for small z. */
static double complex complex_expm1(double complex z) {
	const double a = creal(z), b = cimag(z), s = sin(b / 2);
	return expm1(a) * cos(b) - 2 * s * s + I * (exp(a) * sin(b));
}

Pole pole_of(double dt, double log_decay, double frequency) {
	Pole p;
	p.dt = dt;
	p.a = -exp(log_decay) + I * frequency;
	const double complex expm1 = complex_expm1(p.dt * p.a);
	p.a_bar = 1 + expm1;
	p.q = expm1 / p.a;
	return p;
}

PoleGradient pole_gradient(const Pole *p, double complex g_a_bar, double complex g_q, int a_form) {
	// For w = f(z), dL/dz = conj(f'(z)) dL/dw.
	const double complex g_exponent = conj(p->a_bar) * (g_a_bar + conj(1 / p->a) * g_q);
	const double complex g_a = conj(-p->q / p->a) * g_q + p->dt * g_exponent;
	PoleGradient g = {creal(g_a) * creal(p->a) + I * cimag(g_a), 0};
	if (a_form == A_FROZEN)
		g.a = 0;
	else if (a_form == A_DISCRETE)
		g.a = g_a / (p->dt * conj(p->a_bar));
	else if (a_form == A_POLAR)
		g.a = creal(g.a) + I * cimag(g.a) / p->dt;
	if (a_form == A_CONTINUOUS) g.dt = creal(conj(p->a) * g_exponent);
	return g;
}

double pole_to_coordinates(const Pole *p, int a_form, double *log_decay, double *frequency) {
	const double angle = p->dt * cimag(p->a);
	if (a_form == A_DISCRETE) *log_decay = creal(p->a_bar), *frequency = cimag(p->a_bar);
	if (a_form == A_POLAR) *frequency = angle;
	return angle;
}

void pole_from_coordinates(double dt, int a_form, double angle_before, double *log_decay, double *frequency) {
	if (a_form != A_DISCRETE && a_form != A_POLAR) return;
	double angle = *frequency;
	if (a_form == A_DISCRETE) {
		const double radius = fmin(1 - 1e-6, fmax(1e-6, hypot(*log_decay, *frequency))), turn = 2 * M_PI;
		angle = atan2(*frequency, *log_decay);
		angle += turn * round((angle_before - angle) / turn);
		*log_decay = log(-log(radius) / dt);
	}
	*frequency = angle / dt;
}
