// Activations: out = phi(x) x, times the dropout factor of its head. A kind is phi and its slope; ACTIVATION makes the rest of
// them. In integers x has `fraction` fractional bits, phi comes from a table, and out is codes, kept as reals: the products of a
// linear map that follows are whole numbers which a float holds exactly.
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
static inline ints activation_code(const ActivationIntegers *q, ints x) {
	return scaled(round_shift(x * phi(q->phi, x, q->fraction), 15), q->scale) - q->zero;
}

/** Replay in integers, the slopes given: none where out or x was saturated. */
static inline void activation_replay_codes(const Activation *a, int count, const ints *x, vec *out, vec *slope) {
	const ActivationIntegers *q = a->integers;
	for (int i = 0; i < count; i++) {
		const ints g = activation_code(q, x[i]);
		const mask moves = inside(g, q->low - 1, q->high + 1) & inside(x[i], -32767, 32767);
		slope[i] = keep(moves, slope[i]);
		out[i] = to_real(clamped(g, q->low, q->high));
	}
}

/** Defines kind_NAME of phi_of(x) and slope_of(factor, x, phi), factor times the derivative of phi(x) x. */
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
		const Activation *a = (Activation *)op; \
		const ints *codes = (const ints *)in; \
		vec *slope = at->thread->scratch + a->slope; \
		for (int i = 0; i < op->net->H * STEPS; i++) { \
			const vec x = to_real(codes[i]) * a->integers->in_unit; \
			slope[i] = slope_of(splat(1), x, phi_of(x)); \
		} \
		activation_replay_codes(a, op->net->H * STEPS, codes, out, slope); \
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
