// Memory and meaning of the integer network; see quantized.h.
#include "quantized.h"

#include <stdlib.h>
#include <string.h>

/** Everything that depends on the shape alone, zeroed. */
static Quantized *open_quantized(const Network *net) {
	const Shape *s = &net->shape;
	const int H = net->H, P = net->P, J = net->J;
	Quantized *q = calloc(1, sizeof *q);
	if (!q || !(q->layers = calloc(s->layers, sizeof *q->layers))) return q;
	q->encoder = calloc(H * s->channels, sizeof(int32_t));
	q->encoder_bias = calloc(H, sizeof(int32_t));
	q->encoder_scale = calloc(H, sizeof(Scale));
	q->decoder = calloc(s->classes * H, sizeof(int32_t));
	q->decoder_bias = calloc(s->classes, sizeof(int32_t));
	q->decoder_scale = calloc(s->classes, sizeof(Scale));
	q->input_scale = calloc(s->channels, sizeof(double));
	q->input_offset = calloc(s->channels, sizeof(double));
	q->residual_unit = calloc(H, sizeof(double));
	q->residual_offset = calloc(H, sizeof(double));
	q->decoder_real = calloc(s->classes * H, sizeof(double));
	for (int l = 0; l < s->layers; l++) {
		QuantizedLayer *y = &q->layers[l];
		integer **const modes[] = {&y->a_re, &y->a_im, &y->gain, &y->c_re, &y->c_im};
		for (int i = 0; i < 5; i++) *modes[i] = calloc(H * P, sizeof(integer));
		real **const units[] = {&y->state_re, &y->state_im, &y->limit_re, &y->limit_im};
		for (int i = 0; i < 4; i++) *units[i] = calloc(H * P, sizeof(real));
		y->u_scale = calloc(H, sizeof(Scale));
		y->c_scale = calloc(H, sizeof(Scale));
		y->u_zero = calloc(H, sizeof(int32_t));
		y->d = calloc(H, sizeof(int32_t));
		y->u_unit = calloc(H, sizeof(double));
		y->codes = calloc(H * J, sizeof(real));
		y->row_scale = calloc(J, sizeof(Scale));
		y->row_bias = calloc(J, sizeof(int32_t));
	}
	return q;
}

void quantized_close(Network *net) {
	Quantized *q = net->quantized;
	if (!q) return;
	for (int l = 0; q->layers && l < net->shape.layers; l++) {
		QuantizedLayer *y = &q->layers[l];
		free(y->a_re), free(y->a_im), free(y->gain), free(y->c_re), free(y->c_im);
		free(y->state_re), free(y->state_im), free(y->limit_re), free(y->limit_im);
		free(y->u_scale), free(y->c_scale), free(y->u_zero), free(y->d), free(y->u_unit);
		free(y->codes), free(y->row_scale), free(y->row_bias);
	}
	free(q->layers), free(q->encoder), free(q->encoder_bias), free(q->encoder_scale);
	free(q->decoder), free(q->decoder_bias), free(q->decoder_scale), free(q->input_scale), free(q->input_offset);
	free(q->residual_unit), free(q->residual_offset), free(q->decoder_real);
	free(q);
	net->quantized = NULL;
}

/** What is still to be read; running out leaves count negative. */
typedef struct {
	const int32_t *integers;
	const double *reals;
	int32_t integer_count, real_count;
} Source;

static int32_t next_integer(Source *s) { return s->integer_count-- > 0 ? *s->integers++ : 0; }

static double next_real(Source *s) { return s->real_count-- > 0 ? *s->reals++ : 0; }

static void next_integers(Source *s, int32_t *to, int count) {
	for (int i = 0; i < count; i++) to[i] = next_integer(s);
}

static void next_scales(Source *s, Scale *to, int count) {
	for (int i = 0; i < count; i++) to[i] = coarse_scale_of(next_integer(s));
}

static void next_reals(Source *s, double *to, int count) {
	for (int i = 0; i < count; i++) to[i] = next_real(s);
}

/** A table of 66 numbers, the last twice, as pairs of a number and the difference to the next. */
static void next_table(Source *s, integer *to) {
	int32_t before = next_integer(s);
	for (int i = 0; i < PHI_ENTRIES; i++) {
		const int32_t now = next_integer(s);
		to[i] = before | (now - before) * 65536;
		before = now;
	}
	next_integer(s);
}

/** Value rows (first 0) or gate rows (first R) of the linear map. */
static void next_rows(const Network *net, Source *s, QuantizedLayer *y, int first) {
	const int H = net->H;
	for (int r = 0; r < H; r++)
		for (int i = 0; i < H; i++) y->codes[i * net->J + first + r] = next_integer(s);
	next_scales(s, y->row_scale + first, H);
	next_integers(s, y->row_bias + first, H);
}

static void next_layer(const Network *net, Source *s, QuantizedLayer *y) {
	const int H = net->H, N = net->shape.modes, P = net->P;
	y->u_most = next_integer(s);
	y->x_most = next_integer(s);
	y->dithered = next_integer(s);
	y->c_preshift = next_integer(s);
	y->d_scale = scale_of(next_integer(s));
	y->y_fraction = next_integer(s);
	y->g_high = next_integer(s);
	y->g_low = -y->g_high - 1;
	y->g_scale = scale_of(next_integer(s));
	y->g_zero = next_integer(s);
	y->value_preshift = next_integer(s);
	y->value_shift = next_integer(s);
	y->gate_preshift = next_integer(s);
	y->gate_fraction = next_integer(s);
	for (int h = 0; h < H; h++)
		for (int n = 0; n < N; n++) {
			const int at = h * P + n;
			y->a_re[at] = next_integer(s), y->a_im[at] = next_integer(s);
			y->gain[at] = next_integer(s);
			y->c_re[at] = next_integer(s), y->c_im[at] = next_integer(s);
			y->state_re[at] = next_real(s), y->state_im[at] = next_real(s);
			// Multiplied as the replay does, so that a saturated state compares equal.
			y->limit_re[at] = (real)y->x_most * (real)fabs((double)y->state_re[at]);
			y->limit_im[at] = (real)y->x_most * (real)fabs((double)y->state_im[at]);
		}
	next_scales(s, y->c_scale, H);
	next_integers(s, y->d, H);
	next_scales(s, y->u_scale, H);
	next_integers(s, y->u_zero, H);
	next_reals(s, y->u_unit, H);
	next_rows(net, s, y, 0);
	next_rows(net, s, y, net->R);
	y->y_unit = ldexp(1, -y->y_fraction);
	y->g_unit = y->y_unit / scale_value(y->g_scale);
	y->gate_unit = ldexp(1, -y->gate_fraction);
}

int quantized_set(Network *net, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count) {
	const Shape *s = &net->shape;
	if (!net->quantized) net->quantized = open_quantized(net);
	Quantized *q = net->quantized;
	if (!q || !q->layers) return 0;
	Source source = {integers, reals, integer_count, real_count};
	next_table(&source, q->activation);
	next_table(&source, q->sigmoid);
	q->residual_most = next_integer(&source);
	q->logit_unit = ldexp(1, -next_integer(&source));
	uint32_t dither = next_integer(&source);
	q->encoder_preshift = next_integer(&source);
	q->decoder_preshift = next_integer(&source);
	next_integers(&source, q->encoder, net->H * s->channels);
	next_scales(&source, q->encoder_scale, net->H);
	next_integers(&source, q->encoder_bias, net->H);
	next_integers(&source, q->decoder, s->classes * net->H);
	next_scales(&source, q->decoder_scale, s->classes);
	next_integers(&source, q->decoder_bias, s->classes);
	next_reals(&source, q->input_scale, s->channels);
	next_reals(&source, q->input_offset, s->channels);
	next_reals(&source, q->residual_unit, net->H);
	next_reals(&source, q->residual_offset, net->H);
	for (int l = 0; l < s->layers; l++) {
		QuantizedLayer *y = &q->layers[l];
		next_layer(net, &source, y);
		y->dither = dither;
		if (y->dithered) dither += DITHER_MODE * net->H * s->modes;
	}
	return source.integer_count == 0 && source.real_count == 0;
}

void quantized_weights(Network *net) {
	const Quantized *q = net->quantized;
	const int H = net->H, N = net->shape.modes, P = net->P, R = net->R, J = net->J;
	for (int l = 0; l < net->shape.layers; l++) {
		const QuantizedLayer *from = &q->layers[l];
		LayerWeights *to = &net->weights.layers[l];
		for (int h = 0; h < H; h++) {
			const double c_unit = ldexp(scale_value(from->c_scale[h]), -from->c_preshift) * from->y_unit;
			for (int n = 0; n < N; n++) {
				const int at = h * P + n;
				// A mode that was replaced by its conjugate: units of opposite signs turn the coupling of re and im around.
				const double re = from->state_re[at], im = from->state_im[at];
				to->a_re[at] = from->a_re[at] / 32768.0;
				to->a_im[at] = from->a_im[at] / 32768.0 * (re * im < 0 ? -1 : 1);
				to->c_re[at] = from->c_re[at] * c_unit / re;
				to->c_im[at] = from->c_im[at] * c_unit / im;
			}
			to->d[h] = from->d[h] * scale_value(from->d_scale) * from->y_unit / from->u_unit[h];
		}
		for (int gate = 0; gate < 2; gate++)
			for (int r = 0; r < H; r++) {
				const int row = gate * R + r;
				const double unit = gate ? from->gate_unit : ldexp(q->residual_unit[r], from->value_shift);
				const double step = ldexp(scale_value(from->row_scale[row]), -(gate ? from->gate_preshift : from->value_preshift));
				for (int i = 0; i < H; i++) {
					const double w = from->codes[i * J + row] * step * unit / from->g_unit;
					to->output_forward[i * J + row] = to->output_backward[row * R + i] = w;
				}
			}
	}
	for (int c = 0; c < net->shape.classes; c++)
		for (int h = 0; h < H; h++)
			q->decoder_real[c * H + h] = q->decoder[c * H + h] *
				ldexp(scale_value(q->decoder_scale[c]), -q->decoder_preshift) * q->logit_unit / q->residual_unit[h];
	net->weights.decoder = q->decoder_real;
}
