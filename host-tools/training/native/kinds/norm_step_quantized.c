// Norms over the heads of a step in integers (docs/ARITHMETIC.md; firmware/kernel/essm_normalize.c); see norm_step.h.
#include "../source.h"
#include "norm_step.h"

static void read(NormStep *n, Source *source, int32_t max) {
	Network *net = n->op.net;
	NormStepIntegers *q = n->integers;
	if (!q) {
		q = n->integers = memory_take(&net->memory, sizeof *q);
		if (q) q->scale = memory_take(&net->memory, sizeof(Scale) * net->H);
		if (q) q->zero = memory_take(&net->memory, sizeof(int32_t) * net->H);
	}
	if (net->memory.failed) return;
	for (int i = 0; i < INVERSE_ROOT_ENTRIES; i++) q->inverse_root[i] = next_integer(source);
	q->max = max;
	q->epsilon = next_integer(source);
	for (int h = 0; h < net->H; h++) q->scale[h] = scale_of(next_integer(source));
	for (int h = 0; h < net->H; h++)
		if (next_integer(source)) q->scale[h].factor = -q->scale[h].factor;
	next_integers(source, q->zero, net->H);
}

void norm_step_read(Operation *op, Source *source) { read((NormStep *)op, source, next_integer(source)); }

void post_step_read(Operation *op, Source *source) { read((NormStep *)op, source, op->net->stream_max); }

/** Per step: a residual r becomes ((64 r - mean) (high 2^8 + low)) >> 8 >> shift. */
typedef struct {
	ints mean[STEPS], high[STEPS], low[STEPS], shift[STEPS];
} Measure;

/** Inverse square root of high 2^16 + low >= 1, in Q15, shifted right by `shift` + 4. */
static void inverse_root(const uint16_t *table, uint32_t high, int32_t low, int32_t *root, int32_t *shift) {
	int32_t exponent = 16;
	high += (uint32_t)(low >> 16);
	uint32_t word = high << 16 | (low & 0xffff);
	if (high > 0xffff) word = high << 6 | (low & 0xffff) >> 10, exponent = 21;
	if (word == 0) word = 1; // impossible with a valid epsilon
	for (; word < 1u << 24; word <<= 8) exponent -= 4;
	for (; word < 1u << 30; word <<= 2) exponent--;
	const uint32_t first = table[(word >> 26) - 16];
	const int32_t error = (int32_t)(0u - (word >> 14) * (first * first)) >> 14;
	const int32_t correction = (error >> 1) + (3 * error * error >> 21);
	uint32_t found = (first << 8) + (uint32_t)(((int32_t)first * correction + 512) >> 10);
	for (; exponent < 4; exponent++) found <<= 1;
	*root = (int32_t)found;
	*shift = exponent - 4;
}

static int32_t floor_divide(int32_t a, int32_t b) { return a / b - (a % b < 0); }

static void measure(const NormStep *n, const ints *in, Measure *to) {
	const NormStepIntegers *q = n->integers;
	const int H = n->op.net->H;
	for (int k = 0; k < STEPS; k++) {
		ints sum = whole(0), low = whole(q->epsilon & 0xffff), high = whole(q->epsilon >> 16), mean = whole(0);
		for (int h = 0; n->centred && h < H; h++) sum += in[h * STEPS + k];
		for (int i = 0; n->centred && i < LANES; i++) mean[i] = floor_divide((int32_t)sum[i] * 64 + (H >> 1), H);
		const ints near = (mean + 32) >> 6, rest = mean - near * 64;
		for (int h = 0; h < H; h++) {
			const ints d = in[h * STEPS + k] - near, square = d * d;
			low += square & 0xffff;
			high += (square >> 16) & 0xffff;
		}
		low -= (H * rest * rest) >> 12;
		to->mean[k] = mean;
		for (int i = 0; i < LANES; i++) {
			int32_t root, shift;
			inverse_root(q->inverse_root, (uint32_t)high[i], (int32_t)low[i], &root, &shift);
			to->high[k][i] = root >> 8, to->low[k][i] = root & 255, to->shift[k][i] = shift;
		}
	}
}

/** Output of step k and head h before saturation. */
static inline ints wide(const NormStepIntegers *q, const Measure *m, int h, int k, ints x) {
	const ints d = x * 64 - m->mean[k];
	const ints half = (1 << m->shift[k]) >> 1;
	const ints v = (d * m->high[k] + ((d * m->low[k]) >> 8) + half) >> m->shift[k];
	return scaled(v, q->scale[h]) + q->zero[h];
}

static inline void forward(Operation *op, const vec *in, vec *out, int fine) {
	const NormStep *n = (NormStep *)op;
	const NormStepIntegers *q = n->integers;
	Measure m;
	measure(n, (const ints *)in, &m);
	for (int h = 0; h < op->net->H; h++)
		for (int k = 0; k < STEPS; k++) {
			const int i = h * STEPS + k;
			((ints *)out)[i] = saturated(round_shift(wide(q, &m, h, k, ((const ints *)in)[i]), fine), q->max);
		}
}

static inline void backward(Operation *op, const Place *at, vec *in, vec *dout, vec *din, int fine) {
	const NormStep *n = (NormStep *)op;
	const NormStepIntegers *q = n->integers;
	const int H = op->net->H;
	Measure m;
	NormStatistics s;
	measure(n, (const ints *)in, &m);
	for (int h = 0; h < H; h++)
		for (int k = 0; k < STEPS; k++) {
			const int i = h * STEPS + k;
			const ints out = round_shift(wide(q, &m, h, k, ((const ints *)in)[i]), fine);
			dout[i] = keep(inside(out, -q->max - 1, q->max + 1), dout[i]);
		}
	for (int i = 0; i < H * STEPS; i++) in[i] = to_real(((const ints *)in)[i]);
	norm_step_statistics(n, in, q->epsilon / (real)H, &s);
	norm_step_chain(n, at, in, &s, op->net->streams[op->block].unit[0], dout, din);
	for (int i = 0; i < H * STEPS; i++) ((ints *)in)[i] = to_ints(in[i]);
}

/** u is rounded from 1/256 of its unit. */
enum { FINE = 8 };

void norm_step_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	forward(op, in, out, FINE);
}

void norm_step_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	backward(op, at, in, dout, din, FINE);
}

void post_step_forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)at, (void)stream;
	forward(op, in, out, 0);
}

void post_step_backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)stream;
	backward(op, at, in, dout, din, 0);
}
