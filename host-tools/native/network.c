// Memory, parameter layout, discretization and its gradient; see network.h.
#include "network.h"

#include <complex.h>
#include <stdlib.h>
#include <string.h>

#include "quantized.h"

static void *zeroed(size_t bytes) {
	void *memory = NULL;
	if (posix_memalign(&memory, 64, bytes + 64) != 0) return NULL;
	return memset(memory, 0, bytes + 64);
}

/** One allocation handed out in pieces: first pass with base NULL counts, second gives pointers. */
static vec *take(vec *base, long *used, long count) {
	vec *piece = base ? base + *used : NULL;
	*used += count;
	return piece;
}

static void lay_out_parameters(Network *net) {
	const Shape *s = &net->shape;
	const int H = net->H, N = s->modes;
	int at = 0;
	net->encoder_weight = at, at += H * s->channels;
	net->encoder_bias = at, at += H;
	for (int l = 0; l < s->layers; l++) {
		LayerOffsets *o = &net->offsets[l];
		o->log_dt = at, at += H;
		o->log_a_real = at, at += H * N;
		o->a_imag = at, at += H * N;
		o->c_real = at, at += H * N;
		o->c_imag = at, at += H * N;
		o->d = at, at += H;
		o->output_weight = at, at += 2 * H * H;
		o->output_bias = at, at += 2 * H;
		o->norm_weight = at, at += s->norm ? H : 0;
		o->norm_bias = at, at += s->norm ? H : 0;
	}
	net->decoder_weight = at, at += s->classes * H;
	net->decoder_bias = at, at += s->classes;
	net->parameter_count = at;
}

static long lay_out_thread(const Network *net, Thread *t, vec *base) {
	const int H = net->H, P = net->P, R = net->R, J = net->J;
	long used = 0;
	t->encoder = take(base, &used, (long)net->shape.channels * R);
	t->encoder_bias = take(base, &used, R);
	for (int l = 0; l < net->shape.layers; l++) {
		LayerSums *s = &t->layers[l];
		s->a_re = take(base, &used, H * P), s->a_im = take(base, &used, H * P);
		s->c_re = take(base, &used, H * P), s->c_im = take(base, &used, H * P);
		s->d = take(base, &used, H);
		s->output_weight = take(base, &used, (long)R * J);
		s->output_bias = take(base, &used, J);
		s->sum_x = take(base, &used, H), s->sum_xx = take(base, &used, H);
		s->sum_dz = take(base, &used, H), s->sum_dz_xhat = take(base, &used, H);
	}
	return used;
}

static int open_thread(Network *net, Thread *t) {
	const int R = net->R;
	t->layers = calloc(net->shape.layers, sizeof *t->layers);
	if (!t->layers) return 0;
	net->vector_count = lay_out_thread(net, t, NULL);
	t->vectors = zeroed(sizeof(vec) * net->vector_count);
	t->decoder = calloc((net->H + 1) * net->shape.classes, sizeof(double));
	t->activated = zeroed(sizeof(vec) * R * STEPS);
	t->slope = zeroed(sizeof(vec) * R * STEPS);
	t->mixed = zeroed(sizeof(vec) * net->J * STEPS);
	t->back = zeroed(sizeof(vec) * R * STEPS);
	t->row = zeroed(sizeof(vec) * STEPS);
	t->history = zeroed(sizeof(vec) * STEPS * 2 * MODES);
	if (!t->vectors || !t->decoder || !t->activated || !t->slope || !t->mixed || !t->back || !t->row || !t->history) return 0;
	lay_out_thread(net, t, t->vectors);
	t->decoder_bias = t->decoder + net->H * net->shape.classes;
	return 1;
}

static int open_group(const Network *net, Group *g) {
	const Shape *s = &net->shape;
	const size_t blocks = (s->steps + STEPS - 1) / STEPS;
	const size_t tensor = sizeof(vec) * blocks * net->R * STEPS;
	const size_t states = sizeof(vec) * net->H * net->P * 2;
	g->input = zeroed(sizeof(vec) * blocks * s->channels * STEPS);
	g->gradient = zeroed(tensor);
	g->gradient_z = zeroed(tensor);
	g->state = zeroed(states);
	g->pooled = zeroed(sizeof(vec) * net->R);
	g->kept = zeroed(sizeof(vec) * s->layers * net->H);
	g->residual = calloc(s->layers, sizeof(vec *));
	g->state_out = calloc(s->layers, sizeof(vec *));
	g->checkpoint = calloc(s->layers, sizeof(vec *));
	if (!g->input || !g->gradient || !g->gradient_z || !g->state || !g->pooled || !g->kept || !g->residual || !g->state_out ||
		!g->checkpoint)
		return 0;
	for (int l = 0; l < s->layers; l++) {
		g->residual[l] = zeroed(tensor);
		g->state_out[l] = zeroed(tensor);
		g->checkpoint[l] = zeroed(blocks * states);
		if (!g->residual[l] || !g->state_out[l] || !g->checkpoint[l]) return 0;
	}
	return 1;
}

static int open_weights(Network *net) {
	const int H = net->H, P = net->P, R = net->R, J = net->J;
	Weights *w = &net->weights;
	w->encoder = zeroed(sizeof(real) * net->shape.channels * R);
	w->encoder_bias = zeroed(sizeof(real) * R);
	w->layers = calloc(net->shape.layers, sizeof *w->layers);
	if (!w->encoder || !w->encoder_bias || !w->layers) return 0;
	for (int l = 0; l < net->shape.layers; l++) {
		LayerWeights *y = &w->layers[l];
		real **const arrays[] = {&y->a_re, &y->a_im, &y->c_re, &y->c_im, &y->d, &y->output_forward, &y->output_backward,
			&y->output_bias, &y->scale, &y->shift, &y->mean, &y->inverse_std, &y->pivot, &y->mean_dz, &y->mean_dz_xhat};
		const int counts[] = {H * P, H * P, H * P, H * P, H, H * J, J * R, J, H, H, H, H, H, H, H};
		for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++)
			if (!(*arrays[i] = zeroed(sizeof(real) * counts[i]))) return 0;
	}
	return 1;
}

Network *network_open(const Shape *shape) {
	Network *net = calloc(1, sizeof *net);
	if (!net) return NULL;
	net->shape = *shape;
	net->H = shape->heads;
	net->P = PADDED(shape->modes);
	net->R = PADDED(shape->heads);
	net->J = 2 * net->R;
	net->group_count = (shape->batch + LANES - 1) / LANES;
	net->offsets = calloc(shape->layers, sizeof *net->offsets);
	net->threads = calloc(shape->threads, sizeof *net->threads);
	net->groups = zeroed(sizeof *net->groups * net->group_count);
	if (!net->offsets || !net->threads || !net->groups) return network_close(net), NULL;
	lay_out_parameters(net);
	net->parameters = calloc(net->parameter_count, sizeof(double));
	net->gradient = calloc(net->parameter_count, sizeof(double));
	net->running_mean = calloc(shape->layers * net->H, sizeof(double));
	net->running_var = calloc(shape->layers * net->H, sizeof(double));
	net->input_mean = calloc(shape->channels, sizeof(double));
	net->input_std = calloc(shape->channels, sizeof(double));
	int good = net->parameters && net->gradient && net->running_mean && net->running_var && net->input_mean && net->input_std;
	good = good && open_weights(net);
	for (int i = 0; good && i < shape->threads; i++) good = open_thread(net, &net->threads[i]);
	for (int i = 0; good && i < net->group_count; i++) good = open_group(net, &net->groups[i]);
	if (!good) return network_close(net), NULL;
	return net;
}

void network_close(Network *net) {
	quantized_close(net);
	const int layers = net->shape.layers;
	for (int i = 0; net->groups && i < net->group_count; i++) {
		Group *g = &net->groups[i];
		for (int l = 0; l < layers; l++) {
			if (g->residual) free(g->residual[l]);
			if (g->state_out) free(g->state_out[l]);
			if (g->checkpoint) free(g->checkpoint[l]);
		}
		free(g->residual), free(g->state_out), free(g->checkpoint);
		free(g->input), free(g->gradient), free(g->gradient_z), free(g->state), free(g->pooled), free(g->kept);
	}
	for (int i = 0; net->threads && i < net->shape.threads; i++) {
		Thread *t = &net->threads[i];
		free(t->layers), free(t->vectors), free(t->decoder), free(t->activated), free(t->slope), free(t->mixed);
		free(t->back), free(t->row), free(t->history);
	}
	Weights *w = &net->weights;
	for (int l = 0; w->layers && l < layers; l++) {
		LayerWeights *y = &w->layers[l];
		free(y->a_re), free(y->a_im), free(y->c_re), free(y->c_im), free(y->d), free(y->output_forward);
		free(y->output_backward), free(y->output_bias), free(y->scale), free(y->shift), free(y->mean), free(y->inverse_std);
		free(y->pivot), free(y->mean_dz), free(y->mean_dz_xhat);
	}
	free(w->encoder), free(w->encoder_bias), free(w->layers);
	free(net->offsets), free(net->threads), free(net->groups), free(net->parameters), free(net->gradient);
	free(net->running_mean), free(net->running_var), free(net->input_mean), free(net->input_std);
	free(net);
}

/** e^z - 1 without cancellation for small z. */
static double complex complex_expm1(double complex z) {
	const double a = creal(z), b = cimag(z), s = sin(b / 2);
	return expm1(a) * cos(b) - 2 * s * s + I * (exp(a) * sin(b));
}

/** A mode's continuous parameters and what zero-order hold makes of them; Cbar = C q. */
typedef struct {
	double dt;
	double complex a, a_bar, c, q;
} Mode;

static Mode mode_at(const Network *net, int l, int h, int n) {
	const LayerOffsets *o = &net->offsets[l];
	const double *p = net->parameters;
	const int i = h * net->shape.modes + n;
	Mode m;
	m.dt = exp(p[o->log_dt + h]);
	m.a = -exp(p[o->log_a_real + i]) + I * p[o->a_imag + i];
	m.c = p[o->c_real + i] + I * p[o->c_imag + i];
	const double complex expm1 = complex_expm1(m.dt * m.a);
	m.a_bar = 1 + expm1;
	m.q = 2 * expm1 / m.a;
	return m;
}

/** Row of the padded linear map: value rows 0 to H - 1 stay, gate rows begin at R. */
static int padded_row(const Network *net, int j) { return j < net->H ? j : j - net->H + net->R; }

void network_set_norm(Network *net, int l, const double *mean, const double *var) {
	LayerWeights *w = &net->weights.layers[l];
	const LayerOffsets *o = &net->offsets[l];
	for (int h = 0; h < net->H; h++) {
		if (!net->shape.norm) {
			w->scale[h] = 1, w->shift[h] = 0, w->mean[h] = 0, w->inverse_std[h] = 1;
			continue;
		}
		const double inverse = 1 / sqrt(var[h] + net->shape.eps);
		const double scale = net->parameters[o->norm_weight + h] * inverse;
		w->scale[h] = scale;
		w->shift[h] = net->parameters[o->norm_bias + h] - mean[h] * scale;
		w->mean[h] = mean[h];
		w->inverse_std[h] = inverse;
	}
}

void network_expand(Network *net) {
	const Shape *s = &net->shape;
	const int H = net->H, R = net->R, J = net->J;
	const double *p = net->parameters;
	Weights *w = &net->weights;
	w->decoder = p + net->decoder_weight;
	w->decoder_bias = p + net->decoder_bias;
	for (int h = 0; h < H; h++) {
		for (int c = 0; c < s->channels; c++) w->encoder[c * R + h] = p[net->encoder_weight + h * s->channels + c];
		w->encoder_bias[h] = p[net->encoder_bias + h];
	}
	for (int l = 0; l < s->layers; l++) {
		LayerWeights *y = &w->layers[l];
		const LayerOffsets *o = &net->offsets[l];
		for (int h = 0; h < H; h++) {
			for (int n = 0; n < s->modes; n++) {
				const Mode m = mode_at(net, l, h, n);
				const double complex c_bar = m.c * m.q;
				y->a_re[h * net->P + n] = creal(m.a_bar), y->a_im[h * net->P + n] = cimag(m.a_bar);
				y->c_re[h * net->P + n] = creal(c_bar), y->c_im[h * net->P + n] = cimag(c_bar);
			}
			y->d[h] = p[o->d + h];
			y->pivot[h] = net->running_mean[l * H + h];
		}
		for (int j = 0; j < 2 * H; j++) {
			const int row = padded_row(net, j);
			y->output_bias[row] = p[o->output_bias + j];
			for (int i = 0; i < H; i++) {
				y->output_forward[i * J + row] = p[o->output_weight + j * H + i];
				y->output_backward[row * R + i] = p[o->output_weight + j * H + i];
			}
		}
		network_set_norm(net, l, net->running_mean + l * H, net->running_var + l * H);
	}
	if (net->quantized) quantized_weights(net);
}

void thread_clear(Network *net, Thread *thread) {
	memset(thread->vectors, 0, sizeof(vec) * net->vector_count);
	memset(thread->decoder, 0, sizeof(double) * (net->H + 1) * net->shape.classes);
	thread->loss = thread->weight = 0;
	thread->correct = 0;
}

double network_sum(const Network *net, long offset) {
	double sum = 0;
	for (int t = 0; t < net->shape.threads; t++)
		for (int i = 0; i < LANES; i++) sum += net->threads[t].vectors[offset][i];
	return sum;
}

void network_to_coordinates(Network *net, int a_form, double *phase) {
	if (a_form != A_DISCRETE && a_form != A_POLAR) return;
	const int H = net->H, N = net->shape.modes;
	for (int l = 0; l < net->shape.layers; l++)
		for (int h = 0; h < H; h++)
			for (int n = 0; n < N; n++) {
				double *re = net->parameters + net->offsets[l].log_a_real + h * N + n;
				double *im = net->parameters + net->offsets[l].a_imag + h * N + n;
				const Mode m = mode_at(net, l, h, n);
				const double angle = m.dt * cimag(m.a);
				phase[(l * H + h) * N + n] = angle;
				if (a_form == A_DISCRETE) *re = creal(m.a_bar), *im = cimag(m.a_bar);
				else *im = angle;
			}
}

void network_from_coordinates(Network *net, int a_form, const double *phase) {
	if (a_form != A_DISCRETE && a_form != A_POLAR) return;
	const int H = net->H, N = net->shape.modes;
	for (int l = 0; l < net->shape.layers; l++)
		for (int h = 0; h < H; h++)
			for (int n = 0; n < N; n++) {
				double *re = net->parameters + net->offsets[l].log_a_real + h * N + n;
				double *im = net->parameters + net->offsets[l].a_imag + h * N + n;
				const double dt = exp(net->parameters[net->offsets[l].log_dt + h]);
				double angle = *im;
				if (a_form == A_DISCRETE) {
					const double radius = fmin(1 - 1e-6, fmax(1e-6, hypot(*re, *im)));
					const double before = phase[(l * H + h) * N + n], turn = 2 * M_PI;
					angle = atan2(*im, *re);
					angle += turn * round((before - angle) / turn);
					*re = log(-log(radius) / dt);
				}
				*im = angle / dt;
			}
}

void network_collect_gradient(Network *net, int a_form) {
	const Shape *s = &net->shape;
	const int H = net->H, N = s->modes, P = net->P, R = net->R, J = net->J;
	const Thread *first = &net->threads[0];
	const vec *base = first->vectors;
	double *g = net->gradient;
	for (int h = 0; h < H; h++) {
		for (int c = 0; c < s->channels; c++)
			g[net->encoder_weight + h * s->channels + c] = network_sum(net, first->encoder + c * R + h - base);
		g[net->encoder_bias + h] = network_sum(net, first->encoder_bias + h - base);
	}
	for (int l = 0; l < s->layers; l++) {
		const LayerSums *y = &first->layers[l];
		const LayerOffsets *o = &net->offsets[l];
		for (int h = 0; h < H; h++) {
			double d_dt = 0;
			for (int n = 0; n < N; n++) {
				// For w = f(z), dL/dz = conj(f'(z)) dL/dw, both written as dL/dRe + i dL/dIm.
				const Mode m = mode_at(net, l, h, n);
				const int at = h * P + n, to = h * N + n;
				const double complex g_a_bar = network_sum(net, y->a_re + at - base) + I * network_sum(net, y->a_im + at - base);
				const double complex g_c_bar = network_sum(net, y->c_re + at - base) + I * network_sum(net, y->c_im + at - base);
				const double complex g_c = conj(m.q) * g_c_bar;
				const double complex g_q = conj(m.c) * g_c_bar;
				const double complex g_exponent = conj(m.a_bar) * (g_a_bar + conj(2 / m.a) * g_q);
				const double complex g_a = conj(-m.q / m.a) * g_q + m.dt * g_exponent;
				g[o->c_real + to] = creal(g_c), g[o->c_imag + to] = cimag(g_c);
				double complex g_mode = creal(g_a) * creal(m.a) + I * cimag(g_a);
				if (a_form == A_FROZEN) g_mode = 0;
				else if (a_form == A_DISCRETE) g_mode = g_a / (m.dt * conj(m.a_bar));
				else if (a_form == A_POLAR) g_mode = creal(g_mode) + I * cimag(g_mode) / m.dt;
				g[o->log_a_real + to] = creal(g_mode);
				g[o->a_imag + to] = cimag(g_mode);
				if (a_form == A_CONTINUOUS) d_dt += creal(conj(m.a) * g_exponent) * m.dt;
			}
			g[o->log_dt + h] = d_dt;
			g[o->d + h] = network_sum(net, y->d + h - base);
			if (s->norm) {
				g[o->norm_weight + h] = network_sum(net, y->sum_dz_xhat + h - base);
				g[o->norm_bias + h] = network_sum(net, y->sum_dz + h - base);
			}
		}
		for (int j = 0; j < 2 * H; j++) {
			const int row = padded_row(net, j);
			g[o->output_bias + j] = network_sum(net, y->output_bias + row - base);
			for (int i = 0; i < H; i++)
				g[o->output_weight + j * H + i] = network_sum(net, y->output_weight + i * J + row - base);
		}
	}
	for (int i = 0; i < s->classes * H + s->classes; i++) {
		double sum = 0;
		for (int t = 0; t < s->threads; t++) sum += net->threads[t].decoder[i];
		g[net->decoder_weight + i] = sum; // the decoder's weight and bias stand behind each other in both
	}
}
