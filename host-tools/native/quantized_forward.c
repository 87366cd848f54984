// The forward pass of edge-ssm.int.v2 for one group of samples, in the order of forward.c: a layer at a time over the whole
// sequence. The numbers are those of src/reference/reference.ts, which goes a step at a time.
#include <string.h>

#include "quantized_scan.h"

/** Values in the data's units to samples, as toSamples of the quantizer does it; group_load was there before. */
void quantized_load(const Network *net, Group *group, const float *values) {
	const Quantized *q = net->quantized;
	const int C = net->shape.channels, T = net->shape.steps;
	for (int c = 0; c < C; c++)
		for (int i = 0; i < LANES; i++) {
			const float *from = group->row[i] < 0 ? NULL : values + (size_t)group->row[i] * T * C + c;
			for (int t = 0; t < group->blocks * STEPS; t++) {
				double sample = 0;
				if (t < group->length[i]) {
					const double exact = (from[(size_t)t * C] - q->input_offset[c]) / q->input_scale[c];
					sample = floor(exact); // rounds half up, as JavaScript does
					if (exact - sample >= 0.5) sample++;
					sample = isnan(sample) ? 0 : fmin(32767, fmax(-32767, sample));
				}
				((ints *)group->input)[(t / STEPS * C + c) * STEPS + t % STEPS][i] = (integer)sample;
			}
		}
}

void quantized_encode(const Network *net, Group *group) {
	const Quantized *q = net->quantized;
	const int C = net->shape.channels, R = net->R;
	memset(group->pooled, 0, sizeof(vec) * R);
	for (int b = 0; b < group->blocks; b++) {
		const ints *in = (const ints *)group->input + b * C * STEPS;
		for (int h = 0; h < net->H; h++) {
			ints *out = (ints *)group->residual[0] + (b * R + h) * STEPS;
			for (int k = 0; k < STEPS; k++) {
				ints acc = whole(0);
				for (int c = 0; c < C; c++) acc += q->encoder[h * C + c] * in[c * STEPS + k];
				const ints row = scaled(round_shift(acc, q->encoder_preshift), q->encoder_scale[h]) + q->encoder_bias[h];
				out[k] = saturated(row, q->residual_most);
			}
		}
	}
}

/** Adds block `b` of the last residual to the sums of valid steps, or keeps the last step, in integers. */
static void add_pooled(const Network *net, Group *group, const ints *x, int b) {
	ints *pooled = (ints *)group->pooled;
	for (int k = 0; k < STEPS; k++) {
		const int t = b * STEPS + k;
		mask counted = valid_at(group, t);
		if (net->shape.pooling == POOLING_LAST) counted &= ~valid_at(group, t + 1);
		for (int h = 0; h < net->H; h++) pooled[h] += counted & x[h * STEPS + k];
	}
}

/** The pooled vector from its sums: whole numbers, kept as reals. */
static void finish_pooled(const Network *net, Group *group) {
	for (int h = 0; h < net->H; h++) {
		const ints sum = ((const ints *)group->pooled)[h];
		for (int i = 0; i < LANES; i++) {
			const int64_t T = group->length[i] && net->shape.pooling == POOLING_MEAN ? group->length[i] : 1;
			const int64_t rounded = sum[i] + (T >> 1);
			group->pooled[h][i] = rounded / T - (rounded % T < 0);
		}
	}
}

void quantized_layer_forward(const Network *net, Thread *thread, Group *group, int l) {
	const int H = net->H, P = net->P, R = net->R, J = net->J;
	const Quantized *net_q = net->quantized;
	const QuantizedLayer *q = &net_q->layers[l];
	const int last = l == net->shape.layers - 1;
	const size_t state_count = (size_t)H * P * 2;
	ints *state = (ints *)group->state, *u = (ints *)thread->row;
	memset(state, 0, sizeof(ints) * state_count);
	for (int b = 0; b < group->blocks; b++) {
		const ints *x = (const ints *)group->residual[l] + b * R * STEPS;
		ints *y = (ints *)group->state_out[l] + b * R * STEPS;
		memcpy(group->checkpoint[l] + b * state_count, state, sizeof(ints) * state_count);
		for (int h = 0; h < H; h++) {
			ints *out = y + h * STEPS;
			for (int k = 0; k < STEPS; k++) {
				u[k] = saturated(quantized_input(q, h, x[h * STEPS + k]), q->u_most);
				out[k] = whole(0);
			}
			for (int n = 0; n < P; n += MODES)
				quantized_scan(state + (h * P + n) * 2, net, q, b, h, n, u, out, NULL);
			for (int k = 0; k < STEPS; k++) {
				const ints sum = scaled(round_shift(out[k], q->c_preshift), q->c_scale[h]) + scaled(q->d[h] * u[k], q->d_scale);
				out[k] = saturated(sum, 32767);
				const ints g = quantized_activation(net_q, q, out[k]);
				thread->activated[h * STEPS + k] = to_real(clamped(g, q->g_low, q->g_high));
			}
		}
		// Codes of up to 8 bits and up to 1024 heads: sums of whole numbers that a float holds exactly.
		multiply(thread->mixed, q->codes, NULL, thread->activated, J, H);
		ints *next = last ? (ints *)thread->activated : (ints *)group->residual[l + 1] + b * R * STEPS;
		for (int h = 0; h < H; h++) {
			for (int k = 0; k < STEPS; k++) {
				const ints value_sum = to_ints(thread->mixed[h * STEPS + k]), gate_sum = to_ints(thread->mixed[(R + h) * STEPS + k]);
				const ints v = saturated(scaled(round_shift(value_sum, q->value_preshift), q->row_scale[h]) + q->row_bias[h], 32767);
				const ints gate = saturated(
					scaled(round_shift(gate_sum, q->gate_preshift), q->row_scale[R + h]) + q->row_bias[R + h], 32767);
				const ints gated = round_shift(v * phi(net_q->sigmoid, gate, q->gate_fraction), 15 - q->value_shift);
				next[h * STEPS + k] = saturated(x[h * STEPS + k] + gated, net_q->residual_most);
			}
		}
		if (last) add_pooled(net, group, next, b);
	}
	if (last) finish_pooled(net, group);
}

void quantized_logits(const Network *net, const Group *group, int lane, double *logits) {
	const Quantized *q = net->quantized;
	for (int c = 0; c < net->shape.classes; c++) {
		int32_t acc = 0;
		for (int h = 0; h < net->H; h++) acc += q->decoder[c * net->H + h] * (int32_t)group->pooled[h][lane];
		const Scale scale = q->decoder_scale[c];
		const int32_t half = (1u << q->decoder_preshift) >> 1, half_scale = (1u << scale.shift) >> 1;
		const int32_t shifted = (acc + half) >> q->decoder_preshift;
		logits[c] = (((shifted * scale.factor + half_scale) >> scale.shift) + q->decoder_bias[c]) * q->logit_unit;
	}
}

real quantized_pooled(const Network *net, const Group *group, int h, int lane) {
	return net->quantized->residual_unit[h] * group->pooled[h][lane] + net->quantized->residual_offset[h];
}
