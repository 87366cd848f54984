// See s5.h.
#include "s5.h"

#include <string.h>

#include "../poles.h"
#include "../watch.h"

static Operation *open(Network *net, const Spec *spec) {
	S5 *s = memory_take(&net->memory, sizeof *s);
	if (!s) return NULL;
	const int H = net->H, R = net->R, P = s->P = spec->size, Q = s->Q = PADDED(P);
	s->log_step = take_parameters(net, P, RULE_SSM);
	s->lambda_log_re = take_parameters(net, P, RULE_SSM);
	s->lambda_im = take_parameters(net, P, RULE_SSM);
	s->b_real = take_parameters(net, P * H, RULE_SSM);
	s->b_imag = take_parameters(net, P * H, RULE_SSM);
	s->c_real = take_parameters(net, H * P, RULE_DECAYED);
	s->c_imag = take_parameters(net, H * P, RULE_DECAYED);
	s->d = take_parameters(net, H, RULE_PLAIN);
	s->sum_a_re = take_sums(net, Q), s->sum_a_im = take_sums(net, Q);
	s->sum_b = take_sums(net, (long)H * 2 * Q), s->sum_c = take_sums(net, (long)H * 2 * Q);
	s->sum_d = take_sums(net, H);
	s->a_re = take_reals(net, Q), s->a_im = take_reals(net, Q);
	s->b_forward = take_reals(net, (long)H * 2 * Q), s->b_backward = take_reals(net, (long)2 * Q * R);
	s->c_forward = take_reals(net, (long)2 * Q * R), s->c_backward = take_reals(net, (long)H * 2 * Q);
	s->d_of = take_reals(net, H);
	s->checkpoint = take_tape(net, (size_t)2 * Q);
	s->state = take_scratch(net, 2 * Q), s->replayed = take_scratch(net, 2 * Q);
	s->modes = take_scratch(net, (long)2 * Q * STEPS);
	s->adjoints = take_scratch(net, (long)2 * Q * STEPS);
	s->inputs = take_scratch(net, (long)H * STEPS);
	s->angle = memory_take(&net->memory, sizeof(double) * P);
	return &s->op;
}

static Pole pole_at(const S5 *s, int p) {
	const double *of = s->op.net->parameters;
	return pole_of(exp(of[s->log_step + p]), of[s->lambda_log_re + p], of[s->lambda_im + p]);
}

static double complex b_at(const S5 *s, int p, int h) {
	const double *of = s->op.net->parameters;
	const int i = p * s->op.net->H + h;
	return of[s->b_real + i] + I * of[s->b_imag + i];
}

static void expand(Operation *op) {
	const S5 *s = (S5 *)op;
	const int H = op->net->H, R = op->net->R, P = s->P, Q = s->Q;
	const double *of = op->net->parameters;
	for (int p = 0; p < P; p++) {
		const Pole pole = pole_at(s, p);
		s->a_re[p] = creal(pole.a_bar), s->a_im[p] = cimag(pole.a_bar);
		for (int h = 0; h < H; h++) {
			const double complex b_bar = pole.q * b_at(s, p, h);
			s->b_forward[h * 2 * Q + p] = s->b_backward[p * R + h] = creal(b_bar);
			s->b_forward[h * 2 * Q + Q + p] = s->b_backward[(Q + p) * R + h] = cimag(b_bar);
			s->c_forward[p * R + h] = s->c_backward[h * 2 * Q + p] = 2 * of[s->c_real + h * P + p];
			s->c_forward[(Q + p) * R + h] = s->c_backward[h * 2 * Q + Q + p] = -2 * of[s->c_imag + h * P + p];
		}
	}
	for (int h = 0; h < H; h++) s->d_of[h] = of[s->d + h];
}

static void collect(Operation *op, int a_form) {
	const S5 *s = (S5 *)op;
	const Network *net = op->net;
	const int H = net->H, P = s->P, Q = s->Q;
	double *g = net->parameter_gradient;
	for (int p = 0; p < P; p++) {
		const Pole pole = pole_at(s, p);
		double complex g_q = 0;
		for (int h = 0; h < H; h++) {
			const long re = h * 2 * Q + p, im = re + Q;
			const double complex b_bar = network_sum(net, s->sum_b + re) + I * network_sum(net, s->sum_b + im);
			const double complex b = conj(pole.q) * b_bar;
			g_q += conj(b_at(s, p, h)) * b_bar;
			g[s->b_real + p * H + h] = creal(b), g[s->b_imag + p * H + h] = cimag(b);
			g[s->c_real + h * P + p] = 2 * network_sum(net, s->sum_c + re);
			g[s->c_imag + h * P + p] = -2 * network_sum(net, s->sum_c + im);
		}
		const double complex a_bar = network_sum(net, s->sum_a_re + p) + I * network_sum(net, s->sum_a_im + p);
		const PoleGradient slope = pole_gradient(&pole, a_bar, g_q, a_form);
		g[s->lambda_log_re + p] = creal(slope.a), g[s->lambda_im + p] = cimag(slope.a);
		g[s->log_step + p] = slope.dt * pole.dt;
	}
	for (int h = 0; h < H; h++) g[s->d + h] = network_sum(net, s->sum_d + h);
}

static void to_coordinates(Operation *op, int a_form) {
	const S5 *s = (S5 *)op;
	double *of = op->net->parameters;
	for (int p = 0; p < s->P; p++) {
		const Pole pole = pole_at(s, p);
		s->angle[p] = pole_to_coordinates(&pole, a_form, &of[s->lambda_log_re + p], &of[s->lambda_im + p]);
	}
}

static void from_coordinates(Operation *op, int a_form) {
	const S5 *s = (S5 *)op;
	double *of = op->net->parameters;
	for (int p = 0; p < s->P; p++)
		pole_from_coordinates(exp(of[s->log_step + p]), a_form, s->angle[p], &of[s->lambda_log_re + p], &of[s->lambda_im + p]);
}

vec *s5_state(const S5 *s, const Place *at, int first_chunk) {
	vec *state = at->thread->scratch + s->state;
	if (at->chunk == first_chunk) memset(state, 0, sizeof(vec) * 2 * s->Q);
	return state;
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const S5 *s = (S5 *)op;
	const int H = op->net->H, Q = s->Q;
	vec *state = s5_state(s, at, 0), *x = at->thread->scratch + s->modes;
	memcpy(tape(at->group, s->checkpoint, at->chunk), state, sizeof(vec) * 2 * Q);
	multiply(x, s->b_forward, NULL, in, 2 * Q, H);
	modes_forward(Q, s->a_re, s->a_im, state, x);
	multiply(out, s->c_forward, NULL, x, op->net->R, 2 * Q);
	for (int h = 0; h < H; h++) {
		const vec d = splat(s->d_of[h]);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) out[k] += d * in[k];
	}
}

void s5_backward_linear(const S5 *s, const Place *at, const ModesLimits *limits, const vec *in, const vec *dout, vec *din) {
	const int H = s->op.net->H, R = s->op.net->R, Q = s->Q;
	vec *sums = at->thread->sums, *x = at->thread->scratch + s->modes, *lambda = at->thread->scratch + s->adjoints;
	vec *adjoint = s5_state(s, at, at->group->chunks - 1);
	accumulate_outer(sums + s->sum_c, dout, x, H, 2 * Q);
	multiply(lambda, s->c_backward, NULL, dout, 2 * Q, H);
	modes_backward(Q, s->a_re, s->a_im, limits, x, adjoint, lambda, sums + s->sum_a_re, sums + s->sum_a_im);
	accumulate_outer(sums + s->sum_b, in, lambda, H, 2 * Q);
	multiply(din, s->b_backward, NULL, lambda, R, 2 * Q);
	for (int h = 0; h < H; h++) {
		const vec d = splat(s->d_of[h]);
		vec sum = splat(0);
		for (int k = h * STEPS; k < (h + 1) * STEPS; k++) {
			din[k] += d * dout[k];
			sum += dout[k] * in[k];
		}
		sums[s->sum_d + h] += sum;
	}
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const S5 *s = (S5 *)op;
	vec *x = at->thread->scratch + s->modes, *state = at->thread->scratch + s->replayed;
	memcpy(state, tape(at->group, s->checkpoint, at->chunk), sizeof(vec) * 2 * s->Q);
	multiply(x, s->b_forward, NULL, in, 2 * s->Q, op->net->H);
	modes_forward(s->Q, s->a_re, s->a_im, state, x);
	s5_backward_linear(s, at, NULL, in, dout, din);
}

/** The forward pass left them in scratch. */
static void watch_states(Operation *op, const Place *at, Watch *watch, const vec *in) {
	(void)in;
	const S5 *s = (S5 *)op;
	const vec *x = at->thread->scratch + s->modes;
	for (int p = 0; p < s->P; p++) watch_state(watch, at, op->block, p, x + p * STEPS, x + (s->Q + p) * STEPS, 1);
}

const Kind kind_s5 = {
	.name = "s5",
	.role = ROLE_MIXER,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = s5_forward_quantized, .backward = s5_backward_quantized},
	.read = s5_read,
	.interpret = s5_interpret,
	.watch = watch_states,
	.to_coordinates = to_coordinates,
	.from_coordinates = from_coordinates,
};
