// The adjoint of the forward pass: exact gradients of everything, states replayed from the checkpoint before each block.
#include <string.h>

#include "network.h"

void pooling_backward(const Network *net, Group *group) {
	const int R = net->R;
	vec share = splat(1);
	if (net->shape.pooling == POOLING_MEAN)
		for (int i = 0; i < LANES; i++) share[i] = group->length[i] ? 1 / (real)group->length[i] : 0;
	for (int b = 0; b < group->blocks; b++) {
		for (int k = 0; k < STEPS; k++) {
			const int t = b * STEPS + k;
			mask counted = valid_at(group, t);
			if (net->shape.pooling == POOLING_LAST) counted &= ~valid_at(group, t + 1);
			for (int h = 0; h < net->H; h++)
				group->gradient[(b * R + h) * STEPS + k] = keep(counted, group->pooled[h] * share);
		}
	}
}

void activate_with_slope(const Network *net, const vec *y, const vec *kept, vec *out, vec *slope) {
	for (int h = 0; h < net->H; h++, y += STEPS, out += STEPS, slope += STEPS) {
		const vec factor = kept[h];
		switch (net->shape.activation) {
			case ACTIVATION_GELU:
				for (int k = 0; k < STEPS; k++) {
					const vec cdf = normal_cdf(y[k]);
					out[k] = factor * y[k] * cdf;
					slope[k] = factor * (cdf + 0.3989422804f * y[k] * exponential(-0.5f * y[k] * y[k]));
				}
				break;
			case ACTIVATION_GELU_TANH:
				for (int k = 0; k < STEPS; k++) {
					const vec yy = y[k] * y[k];
					const vec s = sigmoid(y[k] * (1.5957691216f + 0.0713548163f * yy));
					out[k] = factor * y[k] * s;
					slope[k] = factor * s * (1.0f + y[k] * (1.0f - s) * (1.5957691216f + 0.2140644488f * yy));
				}
				break;
			default:
				for (int k = 0; k < STEPS; k++) {
					const vec s = sigmoid(1.702f * y[k]);
					out[k] = factor * y[k] * s;
					slope[k] = factor * s * (1.0f + 1.702f * y[k] * (1.0f - s));
				}
		}
	}
}

/**
 * Carries gradient_z of layer `l` through its norm onto the residual stream's gradient of block `b`, in place: after it,
 * `gradient` is dL/d(input of layer l). Needs the batch means of dz and dz xhat, hence not done inside layer_backward.
 */
static void norm_backward(const Network *net, Group *group, int l, int b) {
	const LayerWeights *w = &net->weights.layers[l];
	mask valid[STEPS];
	for (int k = 0; k < STEPS; k++) valid[k] = valid_at(group, b * STEPS + k);
	for (int h = 0; h < net->H; h++) {
		const size_t at = ((size_t)b * net->R + h) * STEPS;
		const vec *x = group->residual[l] + at, *dz = group->gradient_z + at;
		vec *dx = group->gradient + at;
		const vec scale = splat(w->scale[h]), mean = splat(w->mean[h]), inverse = splat(w->inverse_std[h]);
		const vec mean_dz = splat(w->mean_dz[h]), mean_dz_xhat = splat(w->mean_dz_xhat[h]);
		for (int k = 0; k < STEPS; k++) {
			const vec xhat = (x[k] - mean) * inverse;
			dx[k] += keep(valid[k], scale * (dz[k] - mean_dz - xhat * mean_dz_xhat));
		}
	}
}

void layer_backward(const Network *net, Thread *thread, Group *group, int l) {
	const int H = net->H, P = net->P, R = net->R, J = net->J;
	const LayerWeights *w = &net->weights.layers[l];
	LayerSums *sums = &thread->layers[l];
	const int last = l == net->shape.layers - 1;
	const size_t state_count = (size_t)H * P * 2;
	memset(group->state, 0, sizeof(vec) * state_count);
	for (int b = group->blocks - 1; b >= 0; b--) {
		const vec *x = group->residual[l] + b * R * STEPS;
		const vec *y = group->state_out[l] + b * R * STEPS;
		if (!last) norm_backward(net, group, l + 1, b);
		const vec *dx = group->gradient + b * R * STEPS;

		// Gate and linear map: their inputs are recomputed from y, which is cheaper than keeping them.
		activate_with_slope(net, y, group->kept + l * H, thread->activated, thread->slope);
		multiply(thread->mixed, w->output_forward, w->output_bias, thread->activated, J, H);
		vec *value = thread->mixed, *gate = thread->mixed + R * STEPS;
		for (int i = 0; i < H * STEPS; i++) {
			const vec s = sigmoid(gate[i]);
			const vec dvalue = dx[i] * s;
			gate[i] = dvalue * value[i] * (1.0f - s);
			value[i] = dvalue;
		}
		memset(value + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
		memset(gate + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
		accumulate_rows(sums->output_bias, thread->mixed, J);
		accumulate_outer(sums->output_weight, thread->activated, thread->mixed, H, J);
		multiply(thread->back, w->output_backward, NULL, thread->mixed, R, J);

		for (int h = 0; h < H; h++) {
			const vec scale = splat(w->scale[h]), shift = splat(w->shift[h]), d = splat(w->d[h]);
			const vec mean = splat(w->mean[h]), inverse = splat(w->inverse_std[h]);
			vec *z = thread->row, *dy = thread->back + h * STEPS;
			vec *dz = group->gradient_z + ((size_t)b * R + h) * STEPS;
			vec sum_d = splat(0);
			for (int k = 0; k < STEPS; k++) {
				z[k] = x[h * STEPS + k] * scale + shift;
				dy[k] *= thread->slope[h * STEPS + k];
				dz[k] = d * dy[k];
				sum_d += dy[k] * z[k];
			}
			sums->d[h] += sum_d;
			for (int n = 0; n < P; n += MODES) {
				const int at = h * P + n;
				const ModeGroup modes = {w->a_re + at, w->a_im + at, w->c_re + at, w->c_im + at};
				const ModeGradient gradient = {sums->a_re + at, sums->a_im + at, sums->c_re + at, sums->c_im + at};
				scan_replay(group->checkpoint[l] + b * state_count + at * 2, modes, z, thread->history);
				scan_backward(group->state + at * 2, modes, NULL, gradient, thread->history, dy, dz);
			}
			vec sum_dz = splat(0), sum_dz_xhat = splat(0);
			for (int k = 0; k < STEPS; k++) {
				sum_dz += dz[k];
				sum_dz_xhat += dz[k] * ((x[h * STEPS + k] - mean) * inverse);
			}
			sums->sum_dz[h] += sum_dz;
			sums->sum_dz_xhat[h] += sum_dz_xhat;
		}
	}
}

void encoder_backward(const Network *net, Thread *thread, Group *group) {
	const int C = net->shape.channels, R = net->R;
	for (int b = 0; b < group->blocks; b++) {
		norm_backward(net, group, 0, b);
		const vec *dx = group->gradient + b * R * STEPS;
		accumulate_rows(thread->encoder_bias, dx, net->R);
		accumulate_outer(thread->encoder, group->input + b * C * STEPS, dx, C, R);
	}
}
