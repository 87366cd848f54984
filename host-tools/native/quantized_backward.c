// The straight-through adjoint of quantized_forward.c, in reals: integers stand for the reals that they mean, rounding passes a
// gradient as it is, saturation stops it. Weights are those that the integers mean (quantized_weights). Norms are frozen.
#include <string.h>

#include "quantized_scan.h"

/** Adds gradient_z of layer `l`, behind its norm, to the residual stream's gradient of block `b`. */
static void norm_backward(const Network *net, Group *group, int l, int b) {
	const LayerWeights *w = &net->weights.layers[l];
	for (int h = 0; h < net->H; h++) {
		const size_t at = ((size_t)b * net->R + h) * STEPS;
		const vec scale = splat(w->scale[h]);
		for (int k = 0; k < STEPS; k++) group->gradient[at + k] += scale * group->gradient_z[at + k];
	}
}

/** Gate, value and linear map of one block: dL/d(residual after the layer) in, dL/d(activation) out in thread->back. */
static void mix_backward(const Network *net, Thread *thread, Group *group, int l, int b) {
	const int H = net->H, R = net->R, J = net->J;
	const Quantized *net_q = net->quantized;
	const QuantizedLayer *q = &net_q->layers[l];
	const LayerWeights *w = &net->weights.layers[l];
	LayerSums *sums = &thread->layers[l];
	const ints *x = (const ints *)group->residual[l] + b * R * STEPS;
	vec *dx = group->gradient + b * R * STEPS;
	vec *value = thread->mixed, *gate = thread->mixed + R * STEPS;
	multiply(thread->mixed, q->codes, NULL, thread->activated, J, H);
	for (int h = 0; h < H; h++) {
		const vec value_unit = splat(ldexp(net_q->residual_unit[h], q->value_shift));
		for (int k = 0; k < STEPS; k++) {
			const int i = h * STEPS + k;
			const ints v = scaled(round_shift(to_ints(value[i]), q->value_preshift), q->row_scale[h]) + q->row_bias[h];
			const ints g = scaled(round_shift(to_ints(gate[i]), q->gate_preshift), q->row_scale[R + h]) + q->row_bias[R + h];
			const ints v_sat = saturated(v, 32767), p = phi(net_q->sigmoid, saturated(g, 32767), q->gate_fraction);
			const ints next = x[i] + round_shift(v_sat * p, 15 - q->value_shift);
			dx[i] = keep(inside(next, -net_q->residual_most - 1, net_q->residual_most + 1), dx[i]);
			const vec s = to_real(p) * (1 / (real)32768);
			const vec dvalue = dx[i] * s;
			gate[i] = keep(inside(g, -32768, 32768), dvalue * to_real(v_sat) * value_unit * (1 - s));
			value[i] = keep(inside(v, -32768, 32768), dvalue);
		}
	}
	memset(value + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	memset(gate + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	// From codes of g to what they mean.
	for (int i = 0; i < H * STEPS; i++) thread->activated[i] = (thread->activated[i] + (real)q->g_zero) * q->g_unit;
	accumulate_rows(sums->output_bias, thread->mixed, J);
	accumulate_outer(sums->output_weight, thread->activated, thread->mixed, H, J);
	multiply(thread->back, w->output_backward, NULL, thread->mixed, R, J);
}

void quantized_layer_backward(const Network *net, Thread *thread, Group *group, int l) {
	const int H = net->H, P = net->P, R = net->R;
	const Quantized *net_q = net->quantized;
	const QuantizedLayer *q = &net_q->layers[l];
	const LayerWeights *w = &net->weights.layers[l];
	LayerSums *sums = &thread->layers[l];
	const size_t state_count = (size_t)H * P * 2;
	ints *u = (ints *)thread->row;
	vec z[STEPS];
	memset(group->state, 0, sizeof(vec) * state_count);
	for (int b = group->blocks - 1; b >= 0; b--) {
		const ints *x = (const ints *)group->residual[l] + b * R * STEPS;
		const ints *y = (const ints *)group->state_out[l] + b * R * STEPS;
		if (l < net->shape.layers - 1) norm_backward(net, group, l + 1, b);

		// The activation's slope at the real y, and none where g or y were saturated; then its codes, as the forward pass had them.
		for (int i = 0; i < H * STEPS; i++) thread->back[i] = to_real(y[i]) * q->y_unit;
		activate_with_slope(net, thread->back, group->kept + l * H, thread->activated, thread->slope);
		for (int i = 0; i < H * STEPS; i++) {
			const ints g = quantized_activation(net_q, q, y[i]);
			const mask moves = inside(g, q->g_low - 1, q->g_high + 1) & inside(y[i], -32767, 32767);
			thread->slope[i] = keep(moves, thread->slope[i]);
			thread->activated[i] = to_real(clamped(g, q->g_low, q->g_high));
		}
		mix_backward(net, thread, group, l, b);

		for (int h = 0; h < H; h++) {
			const vec unit = splat(q->u_unit[h]), d = splat(w->d[h]);
			const vec slope = splat(net_q->residual_unit[h] * w->inverse_std[h]);
			const vec offset = splat((net_q->residual_offset[h] - w->mean[h]) * w->inverse_std[h]);
			vec *dy = thread->back + h * STEPS, *dz = group->gradient_z + ((size_t)b * R + h) * STEPS;
			mask moves[STEPS];
			vec sum_d = splat(0);
			for (int k = 0; k < STEPS; k++) {
				const ints before = quantized_input(q, h, x[h * STEPS + k]);
				moves[k] = inside(before, -q->u_most - 1, q->u_most + 1);
				u[k] = saturated(before, q->u_most);
				z[k] = to_real(u[k]) * unit;
				dy[k] *= thread->slope[h * STEPS + k];
				dz[k] = d * dy[k];
				sum_d += dy[k] * z[k];
			}
			sums->d[h] += sum_d;
			for (int n = 0; n < P; n += MODES) {
				const int at = h * P + n;
				const ModeGroup modes = {w->a_re + at, w->a_im + at, w->c_re + at, w->c_im + at};
				const ModeLimits limits = {q->limit_re + at, q->limit_im + at};
				const ModeGradient gradient = {sums->a_re + at, sums->a_im + at, sums->c_re + at, sums->c_im + at};
				ints state[2 * MODES];
				memcpy(state, group->checkpoint[l] + b * state_count + at * 2, sizeof state);
				quantized_scan(state, net, q, b, h, n, u, NULL, thread->history);
				scan_backward(group->state + at * 2, modes, &limits, gradient, thread->history, dy, dz);
			}
			vec sum_dz = splat(0), sum_dz_xhat = splat(0);
			for (int k = 0; k < STEPS; k++) {
				dz[k] = keep(moves[k], dz[k]);
				sum_dz += dz[k];
				sum_dz_xhat += dz[k] * (to_real(x[h * STEPS + k]) * slope + offset);
			}
			sums->sum_dz[h] += sum_dz;
			sums->sum_dz_xhat[h] += sum_dz_xhat;
		}
	}
}

void quantized_encoder_backward(const Network *net, Thread *thread, Group *group) {
	const Quantized *q = net->quantized;
	const int C = net->shape.channels, R = net->R;
	for (int b = 0; b < group->blocks; b++) {
		norm_backward(net, group, 0, b);
		vec *dx = group->gradient + b * R * STEPS, *in = group->input + b * C * STEPS;
		const ints *x = (const ints *)group->residual[0] + b * R * STEPS;
		for (int i = 0; i < net->H * STEPS; i++) dx[i] = keep(inside(x[i], -q->residual_most, q->residual_most), dx[i]);
		// Samples to what they mean behind the input scaling, in place: nobody needs them any more.
		for (int c = 0; c < C; c++) {
			const vec unit = splat(q->input_scale[c] / net->input_std[c]);
			const vec offset = splat((q->input_offset[c] - net->input_mean[c]) / net->input_std[c]);
			for (int k = 0; k < STEPS; k++) in[c * STEPS + k] = to_real(((const ints *)in)[c * STEPS + k]) * unit + offset;
		}
		accumulate_rows(thread->encoder_bias, dx, R);
		accumulate_outer(thread->encoder, in, dx, C, R);
	}
}
