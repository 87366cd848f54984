// Activations: out = phi(x) x, times the dropout factor of its head. A kind is phi and its slope; ACTIVATION defines everything
// else. In integers x has `fraction` fractional bits, phi comes from a table, and out is codes kept as reals: products of the
// next linear map are integers that a float holds exactly.
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "../arithmetic/integer.h"
#include "../operation.h"

typedef struct {
	integer phi[PHI_ENTRIES];
	int32_t fraction, low, high, zero;
	Scale scale;
	real in_unit;
} ActivationIntegers;

typedef struct {
	Operation op;
	int dropout; // (H)
	long slope;  // scratch: (H, STEPS), d out / dx
	ActivationIntegers *integers;
} Activation;

Operation *activation_open(Network *net, const Spec *spec);
Backward activation_backward;
Forward activation_forward_quantized;
void activation_read(Operation *op, Source *source);

/** A code of out before saturation. */
static inline ints activation_code(const integer *table, int fraction, Scale scale, int zero, ints x) {
	return scaled(round_shift(x * phi(table, x, fraction), 15), scale) - zero;
}

/**
 * Defines kind_NAME of phi_of(x) and slope_of(factor, x, phi), which is factor times the derivative of phi(x) x. In integers the
 * slope is 0 where out or x was saturated.
 */
#define ACTIVATION(NAME, phi_of, slope_of) \
	static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) { \
		(void)stream; \
		const vec *dropout = at->group->dropout + ((Activation *)op)->dropout; \
		for (int h = 0; h < op->net->H; h++) \
			for (int k = h * STEPS; k < (h + 1) * STEPS; k++) out[k] = dropout[h] * in[k] * phi_of(in[k]); \
	} \
	static void replay(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) { \
		(void)stream; \
		const vec *dropout = at->group->dropout + ((Activation *)op)->dropout; \
		vec *slope = at->thread->scratch + ((Activation *)op)->slope; \
		for (int h = 0; h < op->net->H; h++) \
			for (int k = h * STEPS; k < (h + 1) * STEPS; k++) { \
				const vec x = in[k], p = phi_of(x); \
				out[k] = dropout[h] * x * p; \
				slope[k] = slope_of(dropout[h], x, p); \
			} \
	} \
	static void replay_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) { \
		(void)stream; \
		const ActivationIntegers *q = ((Activation *)op)->integers; \
		const int fraction = q->fraction, low = q->low, high = q->high, zero = q->zero, count = op->net->H * STEPS; \
		const Scale scale = q->scale; \
		const real unit = q->in_unit; \
		vec *slope = at->thread->scratch + ((Activation *)op)->slope; \
		for (int i = 0; i < count; i++) { \
			const ints code = ((const ints *)in)[i], g = activation_code(q->phi, fraction, scale, zero, code); \
			const mask moves = inside(g, low - 1, high + 1) & inside(code, -32767, 32767); \
			const vec x = to_real(code) * unit; \
			slope[i] = keep(moves, slope_of(splat(1), x, phi_of(x))); \
			out[i] = to_real(clamped(g, low, high)); \
		} \
	} \
	const Kind kind_##NAME = { \
		.name = #NAME, \
		.role = ROLE_ACTIVATION, \
		.open = activation_open, \
		.real = {.forward = forward, .replay = replay, .backward = activation_backward}, \
		.quantized = {.forward = activation_forward_quantized, .replay = replay_quantized, .backward = activation_backward}, \
		.read = activation_read, \
	};

#endif
