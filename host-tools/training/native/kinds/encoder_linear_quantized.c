// The linear encoder in integers; see encoder_linear.h.
#include "../source.h"
#include "encoder_linear.h"

static EncoderIntegers *take(Network *net) {
	EncoderIntegers *q = memory_take(&net->memory, sizeof *q);
	if (!q) return NULL;
	const int H = net->H, C = net->shape.channels;
	q->weight = memory_take(&net->memory, sizeof(int32_t) * H * C);
	q->bias = memory_take(&net->memory, sizeof(int32_t) * H);
	q->scale = memory_take(&net->memory, sizeof(Scale) * H);
	q->input_scale = memory_take(&net->memory, sizeof(double) * C);
	q->input_offset = memory_take(&net->memory, sizeof(double) * C);
	return q;
}

void encoder_linear_read(Operation *op, Source *source) {
	EncoderLinear *e = (EncoderLinear *)op;
	Network *net = op->net;
	if (!e->integers) e->integers = take(net);
	if (net->memory.failed) return;
	EncoderIntegers *q = e->integers;
	q->preshift = next_integer(source);
	next_integers(source, q->weight, net->H * net->shape.channels);
	next_scales(source, q->scale, net->H);
	next_integers(source, q->bias, net->H);
	next_reals(source, q->input_scale, net->shape.channels);
	next_reals(source, q->input_offset, net->shape.channels);
}

void encoder_linear_load_quantized(EncoderLinear *e, Group *group, const float *values) {
	const EncoderIntegers *q = e->integers;
	const Network *net = e->op.net;
	const int C = net->shape.channels, T = net->shape.steps;
	for (int c = 0; c < C; c++)
		for (int i = 0; i < LANES; i++) {
			const float *from = group->row[i] < 0 ? NULL : values + (size_t)group->row[i] * T * C + c;
			for (int t = 0; t < group->chunks * STEPS; t++) {
				double sample = 0;
				if (t < group->length[i]) {
					const double exact = (from[(size_t)t * C] - q->input_offset[c]) / q->input_scale[c];
					sample = floor(exact); // rounds half up, as JavaScript does
					if (exact - sample >= 0.5) sample++;
					sample = isnan(sample) ? 0 : fmin(32767, fmax(-32767, sample));
				}
				((ints *)tape(group, e->input, t / STEPS))[c * STEPS + t % STEPS][i] = (integer)sample;
			}
		}
}

void encoder_linear_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)in, (void)stream;
	const EncoderLinear *e = (EncoderLinear *)op;
	const EncoderIntegers *q = e->integers;
	const int C = op->net->shape.channels;
	const ints *input = (const ints *)tape(at->group, e->input, at->chunk);
	for (int h = 0; h < op->net->H; h++) {
		ints *row = (ints *)out + h * STEPS;
		for (int k = 0; k < STEPS; k++) {
			ints acc = whole(0);
			for (int c = 0; c < C; c++) acc += q->weight[h * C + c] * input[c * STEPS + k];
			const ints sum = scaled(round_shift(acc, q->preshift), q->scale[h]) + q->bias[h];
			row[k] = saturated(sum, op->net->stream_max);
		}
	}
}

void encoder_linear_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)din;
	const EncoderLinear *e = (EncoderLinear *)op;
	const EncoderIntegers *q = e->integers;
	const Network *net = op->net;
	const int C = net->shape.channels, R = net->R;
	const ints *x = (const ints *)stream;
	vec *input = tape(at->group, e->input, at->chunk);
	for (int i = 0; i < net->H * STEPS; i++) dout[i] = keep(inside(x[i], -net->stream_max, net->stream_max), dout[i]);
	// Samples to the real values they represent after input scaling, in place: nothing reads the samples after this.
	for (int c = 0; c < C; c++) {
		const vec unit = splat(q->input_scale[c] / net->input_std[c]);
		const vec offset = splat((q->input_offset[c] - net->input_mean[c]) / net->input_std[c]);
		for (int k = 0; k < STEPS; k++) input[c * STEPS + k] = to_real(((const ints *)input)[c * STEPS + k]) * unit + offset;
	}
	accumulate_rows(at->thread->sums + e->sum_bias, dout, R);
	accumulate_outer(at->thread->sums + e->sum_weight, input, dout, C, R);
}
