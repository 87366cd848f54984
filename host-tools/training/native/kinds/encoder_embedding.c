// Encoder "encoder_embedding": stream = row `token` of the weights, for data of one channel that holds tokens. The spec's size is the
// vocabulary. In integers the rows are made once, as the stream has them.
#include "../arithmetic/integer.h"
#include "../operation.h"
#include "../source.h"

typedef struct {
	Operation op;
	int vocabulary;
	int weight;         // parameters: (vocabulary, H)
	long sum_weight;    // (vocabulary, R)
	real *weight_of;    // (vocabulary, R)
	integer *stream_of; // (vocabulary, H), integers of the stream, not yet saturated
	int32_t *bias;      // (H)
	Scale *scale;       // (H)
	Region input;       // (1): tokens
} Embedding;

static Operation *open(Network *net, const Spec *spec) {
	const int H = net->H, R = net->R, V = spec->size;
	Embedding *e = memory_take(&net->memory, sizeof *e);
	if (!e) return NULL;
	e->vocabulary = V;
	e->weight = take_parameters(net, V * H, RULE_DECAYED);
	e->sum_weight = take_sums(net, (long)V * R);
	e->weight_of = take_reals(net, (long)V * R);
	e->stream_of = memory_take(&net->memory, sizeof(integer) * V * H);
	e->bias = memory_take(&net->memory, sizeof(int32_t) * H);
	e->scale = memory_take(&net->memory, sizeof(Scale) * H);
	e->input = take_tape(net, STEPS);
	return &e->op;
}

static void expand(Operation *op) {
	const Embedding *e = (Embedding *)op;
	const Network *net = op->net;
	for (int v = 0; v < e->vocabulary; v++)
		for (int h = 0; h < net->H; h++) e->weight_of[v * net->R + h] = net->parameters[e->weight + v * net->H + h];
}

static void collect(Operation *op, int a_form) {
	(void)a_form;
	const Embedding *e = (Embedding *)op;
	const Network *net = op->net;
	for (int v = 0; v < e->vocabulary; v++)
		for (int h = 0; h < net->H; h++)
			net->parameter_gradient[e->weight + v * net->H + h] = network_sum(net, e->sum_weight + v * net->R + h);
}

/** Tokens as A60 takes samples: what is none of the vocabulary counts as the nearest. */
static void load(Operation *op, Group *group, const float *values) {
	const Embedding *e = (Embedding *)op;
	const int T = op->net->shape.steps;
	for (int chunk = 0; chunk < group->chunks; chunk++) {
		ints *input = (ints *)tape(group, e->input, chunk);
		for (int i = 0; i < LANES; i++) {
			const float *from = group->row[i] < 0 ? NULL : values + (size_t)group->row[i] * T;
			for (int k = 0; k < STEPS; k++) {
				const int t = chunk * STEPS + k;
				input[k][i] = t < group->length[i] ? (integer)fmin(e->vocabulary - 1, fmax(0, from[t])) : 0;
			}
		}
	}
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)in, (void)stream;
	const Embedding *e = (Embedding *)op;
	const int R = op->net->R;
	const ints *input = (const ints *)tape(at->group, e->input, at->chunk);
	for (int k = 0; k < STEPS; k++)
		for (int i = 0; i < LANES; i++) {
			const real *row = e->weight_of + input[k][i] * R;
			for (int h = 0; h < R; h++) out[h * STEPS + k][i] = row[h];
		}
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	(void)in, (void)stream, (void)din;
	const Embedding *e = (Embedding *)op;
	const int H = op->net->H, R = op->net->R;
	const ints *input = (const ints *)tape(at->group, e->input, at->chunk);
	for (int k = 0; k < STEPS; k++)
		for (int i = 0; i < LANES; i++) {
			vec *sums = at->thread->sums + e->sum_weight + input[k][i] * R;
			for (int h = 0; h < H; h++) sums[h][i] += dout[h * STEPS + k][i];
		}
}

static void read(Operation *op, Source *source) {
	Embedding *e = (Embedding *)op;
	const int H = op->net->H;
	next_scales(source, e->scale, H);
	next_integers(source, e->bias, H);
	for (int i = 0; i < e->vocabulary * H; i++)
		e->stream_of[i] = scaled(whole(next_integer(source)), e->scale[i % H])[0] + e->bias[i % H];
}

static void forward_quantized(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	(void)in, (void)stream;
	const Embedding *e = (Embedding *)op;
	const int H = op->net->H;
	const ints *input = (const ints *)tape(at->group, e->input, at->chunk);
	for (int h = 0; h < H; h++)
		for (int k = 0; k < STEPS; k++) {
			ints row;
			for (int i = 0; i < LANES; i++) row[i] = e->stream_of[input[k][i] * H + h];
			((ints *)out)[h * STEPS + k] = saturated(row, op->net->stream_max);
		}
}

static void backward_quantized(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	const int32_t most = op->net->stream_max;
	const ints *x = (const ints *)stream;
	for (int i = 0; i < op->net->H * STEPS; i++) dout[i] = keep(inside(x[i], -most, most), dout[i]);
	backward(op, at, in, stream, dout, din);
}

const Kind kind_encoder_embedding = {
	.name = "encoder_embedding",
	.role = ROLE_ENCODER,
	.open = open,
	.expand = expand,
	.collect = collect,
	.real = {.forward = forward, .backward = backward},
	.quantized = {.forward = forward_quantized, .backward = backward_quantized},
	.read = read,
	.load = load,
};
