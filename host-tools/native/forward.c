// The float forward pass of one group of samples, a layer at a time over the whole sequence, a block of STEPS steps at a time.
#include <string.h>

#include "network.h"

void group_load(const Network *net, Group *group, const float *values, const uint8_t *labels, const uint32_t *lengths) {
	const int C = net->shape.channels, T = net->shape.steps;
	int longest = 0;
	for (int i = 0; i < LANES; i++) {
		const int row = group->row[i];
		group->length[i] = row < 0 ? 0 : (int)lengths[row];
		group->label[i] = row < 0 ? 0 : labels[row];
		group->lengths[i] = group->length[i];
		if (group->length[i] > longest) longest = group->length[i];
	}
	group->blocks = (longest + STEPS - 1) / STEPS;
	for (int b = 0; b < group->blocks; b++) {
		for (int c = 0; c < C; c++) {
			vec *to = group->input + (b * C + c) * STEPS;
			const float mean = net->input_mean[c], inverse = 1 / net->input_std[c];
			for (int i = 0; i < LANES; i++) {
				const float *from = group->row[i] < 0 ? NULL : values + (size_t)group->row[i] * T * C + c;
				for (int k = 0; k < STEPS; k++) {
					const int t = b * STEPS + k;
					to[k][i] = t < group->length[i] ? (from[(size_t)t * C] - mean) * inverse : 0;
				}
			}
		}
	}
}

/** Adds block `b` of layer `l`'s input to the sums behind its batch statistics; valid steps only. */
static void add_statistics(const Network *net, Thread *thread, const Group *group, int l, int b) {
	const LayerWeights *w = &net->weights.layers[l];
	LayerSums *sums = &thread->layers[l];
	mask valid[STEPS];
	for (int k = 0; k < STEPS; k++) valid[k] = valid_at(group, b * STEPS + k);
	for (int h = 0; h < net->H; h++) {
		const vec *x = group->residual[l] + (b * net->R + h) * STEPS;
		const vec pivot = splat(w->pivot[h]);
		vec s[2] = {splat(0), splat(0)}, ss[2] = {splat(0), splat(0)};
		for (int k = 0; k < STEPS; k += 2) {
			for (int i = 0; i < 2; i++) {
				const vec d = keep(valid[k + i], x[k + i] - pivot);
				s[i] += d;
				ss[i] += d * d;
			}
		}
		sums->sum_x[h] += s[0] + s[1];
		sums->sum_xx[h] += ss[0] + ss[1];
	}
}

/** Adds block `b` of the last layer's output (in `x`, rows of STEPS) to the pooled vector. */
static void add_pooled(const Network *net, Group *group, const vec *x, int b) {
	mask counted[STEPS];
	for (int k = 0; k < STEPS; k++) {
		const int t = b * STEPS + k;
		counted[k] = valid_at(group, t);
		if (net->shape.pooling == POOLING_LAST) counted[k] &= ~valid_at(group, t + 1);
	}
	for (int h = 0; h < net->H; h++) {
		vec sum = splat(0);
		for (int k = 0; k < STEPS; k++) sum += keep(counted[k], x[h * STEPS + k]);
		group->pooled[h] += sum;
	}
}

void group_encode(const Network *net, Thread *thread, Group *group) {
	const int C = net->shape.channels, R = net->R;
	const Weights *w = &net->weights;
	memset(group->pooled, 0, sizeof(vec) * R);
	for (int b = 0; b < group->blocks; b++) {
		multiply(group->residual[0] + b * R * STEPS, w->encoder, w->encoder_bias, group->input + b * C * STEPS, R, C);
		if (net->shape.norm) add_statistics(net, thread, group, 0, b);
	}
}

/** out = activation(y) kept[h] row by row. */
static void activate(const Network *net, const vec *y, const vec *kept, vec *out) {
	for (int h = 0; h < net->H; h++, y += STEPS, out += STEPS) {
		const vec factor = kept[h];
		switch (net->shape.activation) {
			case ACTIVATION_GELU:
				for (int k = 0; k < STEPS; k++) out[k] = factor * y[k] * normal_cdf(y[k]);
				break;
			case ACTIVATION_GELU_TANH:
				for (int k = 0; k < STEPS; k++)
					out[k] = factor * y[k] * sigmoid(y[k] * (1.5957691216f + 0.0713548163f * y[k] * y[k]));
				break;
			default:
				for (int k = 0; k < STEPS; k++) out[k] = factor * y[k] * sigmoid(1.702f * y[k]);
		}
	}
}

void layer_forward(const Network *net, Thread *thread, Group *group, int l) {
	const int H = net->H, P = net->P, R = net->R, J = net->J;
	const LayerWeights *w = &net->weights.layers[l];
	const int last = l == net->shape.layers - 1;
	const size_t state_count = (size_t)H * P * 2;
	memset(group->state, 0, sizeof(vec) * state_count);
	for (int b = 0; b < group->blocks; b++) {
		const vec *x = group->residual[l] + b * R * STEPS;
		vec *y = group->state_out[l] + b * R * STEPS;
		memcpy(group->checkpoint[l] + b * state_count, group->state, sizeof(vec) * state_count);
		for (int h = 0; h < H; h++) {
			const vec scale = splat(w->scale[h]), shift = splat(w->shift[h]), d = splat(w->d[h]);
			vec *z = thread->row, *out = y + h * STEPS;
			for (int k = 0; k < STEPS; k++) {
				z[k] = x[h * STEPS + k] * scale + shift;
				out[k] = d * z[k];
			}
			for (int n = 0; n < P; n += MODES) {
				const int at = h * P + n;
				const ModeGroup modes = {w->a_re + at, w->a_im + at, w->c_re + at, w->c_im + at};
				scan_forward(group->state + at * 2, modes, z, out);
			}
		}
		activate(net, y, group->kept + l * H, thread->activated);
		multiply(thread->mixed, w->output_forward, w->output_bias, thread->activated, J, H);
		vec *next = last ? thread->activated : group->residual[l + 1] + b * R * STEPS;
		for (int i = 0; i < H * STEPS; i++)
			next[i] = x[i] + thread->mixed[i] * sigmoid(thread->mixed[R * STEPS + i]);
		if (last) add_pooled(net, group, next, b);
		else if (net->shape.norm) add_statistics(net, thread, group, l + 1, b);
	}
	if (!last || net->shape.pooling == POOLING_LAST) return;
	for (int i = 0; i < LANES; i++)
		for (int h = 0; h < H; h++) group->pooled[h][i] /= group->length[i] ? group->length[i] : 1;
}
