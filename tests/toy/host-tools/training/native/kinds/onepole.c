// Mixer "onepole": a filter per head, x[k] = a x[k-1] + (1 - a) in[k], out = c x.
#include <string.h>

#include "../arithmetic/integer.h"
#include "../operation.h"
#include "../source.h"

typedef struct {
	Operation op;
	int logit, gain;             // parameters, (H) each
	long sum_a, sum_c;           // (H)
	real *a, *c;                 // (H)
	Region checkpoint;           // states before each chunk
	long state, history, reals;  // scratch: running states or adjoints (H); a head's states of a chunk, and its input in reals
	int32_t *pole, *code;        // (H)
	Scale *scale;                // (H)
	double *x_unit, *in_unit;    // (H): real size of a unit of x and of the input
	int32_t out_fraction;
} Onepole;

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	Onepole *s = memory_take(&net->memory, sizeof *s);
	if (!s) return NULL;
	const int H = net->H;
	s->logit = take_parameters(net, H, RULE_SSM);
	s->gain = take_parameters(net, H, RULE_PLAIN);
	s->sum_a = take_sums(net, H), s->sum_c = take_sums(net, H);
	s->a = take_reals(net, H), s->c = take_reals(net, H);
	s->checkpoint = take_tape(net, H);
	s->state = take_scratch(net, H);
	s->history = take_scratch(net, STEPS), s->reals = take_scratch(net, STEPS);
	return &s->op;
}

static double pole_of_head(const Onepole *s, int h) { return 1 / (1 + exp(-s->op.net->parameters[s->logit + h])); }

static void expand(Operation *op) {
	const Onepole *s = (Onepole *)op;
	for (int h = 0; h < op->net->H; h++) {
		s->a[h] = pole_of_head(s, h);
		s->c[h] = op->net->parameters[s->gain + h];
	}
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const Onepole *s = (Onepole *)op;
	for (int h = 0; h < op->net->H; h++) {
		const double a = pole_of_head(s, h);
		op->net->parameter_gradient[s->logit + h] = network_sum(op->net, s->sum_a + h) * a * (1 - a);
		op->net->parameter_gradient[s->gain + h] = network_sum(op->net, s->sum_c + h);
	}
}

/** The running states (adjoints backward) at a chunk; zero at the first to come. */
static vec *state_at(const Onepole *s, const Place *at, int first_chunk) {
	vec *state = at->thread->scratch + s->state;
	if (at->chunk == first_chunk) memset(state, 0, sizeof(vec) * s->op.net->H);
	return state;
}

static void keep_states(const Onepole *s, const Place *at, const vec *state) {
	memcpy(tape(at->group, s->checkpoint, at->chunk), state, sizeof(vec) * s->op.net->H);
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const Onepole *s = (Onepole *)op;
	vec *state = state_at(s, at, 0);
	keep_states(s, at, state);
	for (int h = 0; h < op->net->H; h++, in += STEPS, out += STEPS) {
		const vec a = splat(s->a[h]), b = splat(1 - s->a[h]), c = splat(s->c[h]);
		vec x = state[h];
		for (int k = 0; k < STEPS; k++) {
			x = a * x + b * in[k];
			out[k] = c * x;
		}
		state[h] = x;
	}
}

/** Head h backward from its states before and after each step, all in reals. */
static void head_backward(const Onepole *s, const Place *at, int h, const vec *in, vec before, const vec *x, const vec *dout, vec *din) {
	const vec a = splat(s->a[h]), b = splat(1 - s->a[h]), c = splat(s->c[h]);
	vec *adjoint = state_at(s, at, -1) + h;
	vec carried = *adjoint, sum_a = splat(0), sum_c = splat(0);
	for (int k = STEPS - 1; k >= 0; k--) {
		const vec dx = c * dout[k] + carried;
		sum_c += dout[k] * x[k];
		sum_a += dx * ((k ? x[k - 1] : before) - in[k]);
		din[k] = b * dx;
		carried = a * dx;
	}
	*adjoint = carried;
	at->thread->sums[s->sum_a + h] += sum_a;
	at->thread->sums[s->sum_c + h] += sum_c;
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const Onepole *s = (Onepole *)op;
	const vec *checkpoint = tape(at->group, s->checkpoint, at->chunk);
	vec *x = at->thread->scratch + s->history;
	state_at(s, at, at->group->chunks - 1);
	for (int h = 0; h < op->net->H; h++, in += STEPS, dout += STEPS, din += STEPS) {
		vec now = checkpoint[h];
		for (int k = 0; k < STEPS; k++) x[k] = now = splat(s->a[h]) * now + splat(1 - s->a[h]) * in[k];
		head_backward(s, at, h, in, checkpoint[h], x, dout, din);
	}
}

// In integers.

static void read(Operation *op, Source *source) {
	Onepole *s = (Onepole *)op;
	Memory *memory = &op->net->memory;
	const int H = op->net->H;
	if (!s->pole) {
		s->pole = memory_take(memory, sizeof(int32_t) * H), s->code = memory_take(memory, sizeof(int32_t) * H);
		s->scale = memory_take(memory, sizeof(Scale) * H);
		s->x_unit = memory_take(memory, sizeof(double) * H), s->in_unit = memory_take(memory, sizeof(double) * H);
	}
	if (memory->failed) return;
	s->out_fraction = next_integer(source);
	next_integers(source, s->pole, H);
	next_integers(source, s->code, H);
	next_scales(source, s->scale, H);
	next_reals(source, s->x_unit, H);
	next_reals(source, s->in_unit, H);
}

static void interpret(Operation *op) {
	const Onepole *s = (Onepole *)op;
	for (int h = 0; h < op->net->H; h++) {
		s->a[h] = s->pole[h] / 256.0;
		s->c[h] = ldexp(s->code[h] * scale_value(s->scale[h]), -s->out_fraction) / s->x_unit[h];
	}
}

static inline ints moved(ints x, int32_t pole, ints u) { return (pole * x + (256 - pole) * (u << 8) + 128) >> 8; }

static void forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)stream;
	const Onepole *s = (Onepole *)op;
	vec *state = state_at(s, at, 0);
	keep_states(s, at, state);
	for (int h = 0; h < op->net->H; h++) {
		const ints *u = (const ints *)in + h * STEPS;
		ints *y = (ints *)out + h * STEPS;
		ints x = (ints)state[h];
		for (int k = 0; k < STEPS; k++) {
			x = moved(x, s->pole[h], u[k]);
			y[k] = saturated(scaled(x * s->code[h], s->scale[h]), 32767);
		}
		state[h] = (vec)x;
	}
}

static void backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	const Onepole *s = (Onepole *)op;
	const ints *checkpoint = (const ints *)tape(at->group, s->checkpoint, at->chunk);
	vec *x = at->thread->scratch + s->history, *z = at->thread->scratch + s->reals;
	state_at(s, at, at->group->chunks - 1);
	for (int h = 0; h < op->net->H; h++, dout += STEPS, din += STEPS) {
		const ints *u = (const ints *)in + h * STEPS;
		const vec x_unit = splat(s->x_unit[h]), in_unit = splat(s->in_unit[h]);
		ints now = checkpoint[h];
		for (int k = 0; k < STEPS; k++) {
			now = moved(now, s->pole[h], u[k]);
			x[k] = to_real(now) * x_unit;
			z[k] = to_real(u[k]) * in_unit;
		}
		head_backward(s, at, h, z, to_real(checkpoint[h]) * x_unit, x, dout, din);
	}
}

const Kind kind_onepole = {
	.name = "onepole",
	.role = ROLE_MIXER,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = forward_quantized, .backward = backward_quantized},
	.read = read,
	.interpret = interpret,
};
