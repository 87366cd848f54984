// See s4d.h.
#include "s4d.h"

#include <string.h>

#include "../poles.h"
#include "../watch.h"

static Operation *open(Network *net, const Spec *spec) {
	S4d *s = memory_take(&net->memory, sizeof *s);
	if (!s) return NULL;
	const int H = net->H, N = s->N = spec->size, P = s->P = PADDED(N);
	s->log_dt = take_parameters(net, H, RULE_SSM);
	s->log_a_real = take_parameters(net, H * N, RULE_SSM);
	s->a_imag = take_parameters(net, H * N, RULE_SSM);
	s->c_real = take_parameters(net, H * N, RULE_PLAIN);
	s->c_imag = take_parameters(net, H * N, RULE_PLAIN);
	s->d = take_parameters(net, H, RULE_PLAIN);
	s->sum_a_re = take_sums(net, H * P), s->sum_a_im = take_sums(net, H * P);
	s->sum_c_re = take_sums(net, H * P), s->sum_c_im = take_sums(net, H * P);
	s->sum_d = take_sums(net, H);
	s->a_re = take_reals(net, H * P), s->a_im = take_reals(net, H * P);
	s->c_re = take_reals(net, H * P), s->c_im = take_reals(net, H * P);
	s->d_of = take_reals(net, H);
	s->checkpoint = take_tape(net, (size_t)H * P * 2);
	s->state = take_scratch(net, (long)H * P * 2);
	s->history = take_scratch(net, STEPS * 2 * MODES);
	s->angle = memory_take(&net->memory, sizeof(double) * H * N);
	return &s->op;
}

static Pole pole_at(const S4d *s, int h, int n) {
	const double *p = s->op.net->parameters;
	const int i = h * s->N + n;
	return pole_of(exp(p[s->log_dt + h]), p[s->log_a_real + i], p[s->a_imag + i]);
}

/** C, doubled for the conjugate half of the modes. */
static double complex doubled_c(const S4d *s, int h, int n) {
	const double *p = s->op.net->parameters;
	const int i = h * s->N + n;
	return 2 * (p[s->c_real + i] + I * p[s->c_imag + i]);
}

static void expand(Operation *op) {
	const S4d *s = (S4d *)op;
	for (int h = 0; h < op->net->H; h++) {
		for (int n = 0; n < s->N; n++) {
			const Pole pole = pole_at(s, h, n);
			const double complex c_bar = doubled_c(s, h, n) * pole.q;
			const int at = h * s->P + n;
			s->a_re[at] = creal(pole.a_bar), s->a_im[at] = cimag(pole.a_bar);
			s->c_re[at] = creal(c_bar), s->c_im[at] = cimag(c_bar);
		}
		s->d_of[h] = op->net->parameters[s->d + h];
	}
}

static void collect(Operation *op, int a_form) {
	const S4d *s = (S4d *)op;
	const Network *net = op->net;
	double *g = net->parameter_gradient;
	for (int h = 0; h < net->H; h++) {
		double log_dt = 0;
		for (int n = 0; n < s->N; n++) {
			const int at = h * s->P + n, to = h * s->N + n;
			const Pole pole = pole_at(s, h, n);
			const double complex a_bar = network_sum(net, s->sum_a_re + at) + I * network_sum(net, s->sum_a_im + at);
			const double complex c_bar = network_sum(net, s->sum_c_re + at) + I * network_sum(net, s->sum_c_im + at);
			const PoleGradient slope = pole_gradient(&pole, a_bar, conj(doubled_c(s, h, n)) * c_bar, a_form);
			const double complex c = 2 * conj(pole.q) * c_bar;
			g[s->c_real + to] = creal(c), g[s->c_imag + to] = cimag(c);
			g[s->log_a_real + to] = creal(slope.a), g[s->a_imag + to] = cimag(slope.a);
			log_dt += slope.dt * pole.dt;
		}
		g[s->log_dt + h] = log_dt;
		g[s->d + h] = network_sum(net, s->sum_d + h);
	}
}

static void to_coordinates(Operation *op, int a_form) {
	const S4d *s = (S4d *)op;
	double *p = op->net->parameters;
	for (int h = 0; h < op->net->H; h++)
		for (int n = 0; n < s->N; n++) {
			const int i = h * s->N + n;
			const Pole pole = pole_at(s, h, n);
			s->angle[i] = pole_to_coordinates(&pole, a_form, &p[s->log_a_real + i], &p[s->a_imag + i]);
		}
}

static void from_coordinates(Operation *op, int a_form) {
	const S4d *s = (S4d *)op;
	double *p = op->net->parameters;
	for (int h = 0; h < op->net->H; h++)
		for (int n = 0; n < s->N; n++) {
			const int i = h * s->N + n;
			pole_from_coordinates(exp(p[s->log_dt + h]), a_form, s->angle[i], &p[s->log_a_real + i], &p[s->a_imag + i]);
		}
}

vec *s4d_state(const S4d *s, const Place *at, int first_chunk) {
	vec *state = at->thread->scratch + s->state;
	if (at->chunk == first_chunk) memset(state, 0, sizeof(vec) * s4d_state_count(s));
	return state;
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const S4d *s = (S4d *)op;
	vec *state = s4d_state(s, at, 0);
	memcpy(tape(at->group, s->checkpoint, at->chunk), state, sizeof(vec) * s4d_state_count(s));
	for (int h = 0; h < op->net->H; h++, in += STEPS, out += STEPS) {
		const vec d = splat(s->d_of[h]);
		for (int k = 0; k < STEPS; k++) out[k] = d * in[k];
		for (int n = 0; n < s->P; n += MODES) {
			const int i = h * s->P + n;
			scan_forward(state + i * 2, s4d_modes(s, i), in, out);
		}
	}
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const S4d *s = (S4d *)op;
	vec *sums = at->thread->sums, *history = at->thread->scratch + s->history;
	vec *adjoint = s4d_state(s, at, at->group->chunks - 1);
	const vec *checkpoint = tape(at->group, s->checkpoint, at->chunk);
	for (int h = 0; h < op->net->H; h++, in += STEPS, dout += STEPS, din += STEPS) {
		const vec d = splat(s->d_of[h]);
		vec sum_d = splat(0);
		for (int k = 0; k < STEPS; k++) {
			din[k] = d * dout[k];
			sum_d += dout[k] * in[k];
		}
		sums[s->sum_d + h] += sum_d;
		for (int n = 0; n < s->P; n += MODES) {
			const int i = h * s->P + n;
			scan_replay(checkpoint + i * 2, s4d_modes(s, i), in, history);
			scan_backward(adjoint + i * 2, s4d_modes(s, i), NULL, s4d_gradient(s, sums, i), history, dout, din);
		}
	}
}

static void watch_states(Operation *op, const Place *at, Watch *watch, const vec *in) {
	const S4d *s = (S4d *)op;
	const vec *checkpoint = tape(at->group, s->checkpoint, at->chunk);
	vec *history = at->thread->scratch + s->history;
	for (int h = 0; h < op->net->H; h++)
		for (int n = 0; n < s->P; n += MODES) {
			const int i = h * s->P + n;
			scan_replay(checkpoint + i * 2, s4d_modes(s, i), in + h * STEPS, history);
			for (int m = 0; m < MODES && n + m < s->N; m++)
				watch_state(watch, at, op->block, h * s->N + n + m, history + m, history + MODES + m, 2 * MODES);
		}
}

const Kind kind_s4d = {
	.name = "s4d",
	.role = ROLE_MIXER,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = s4d_forward_quantized, .backward = s4d_backward_quantized},
	.read = s4d_read,
	.interpret = s4d_interpret,
	.watch = watch_states,
	.to_coordinates = to_coordinates,
	.from_coordinates = from_coordinates,
};
