// The network in the trainer's memory: shape, parameters in double (the truth that the optimizer moves), weights (what the
// passes read, expanded from the parameters each step), activations of a group of LANES samples, and gradient sums.
//
// Block-major layout everywhere: a tensor of `rows` rows is [block][row][STEPS] vectors, a block being STEPS steps of time. Rows
// are padded to a multiple of 4 with zeros. Steps behind a sample's length hold finite values that nothing reads: statistics,
// pooling and gradients are masked by length.
#ifndef NETWORK_H
#define NETWORK_H

#include "matrix.h"
#include "real.h"
#include "scan.h"

enum { ACTIVATION_GELU, ACTIVATION_GELU_TANH, ACTIVATION_GELU_SIGMOID };
enum { POOLING_MEAN, POOLING_LAST };
/**
 * The coordinates in which the optimizer moves a mode's A, dt being part of it in the first alone: log_dt, log_A_real, A_imag;
 * none; real and imaginary part of Abar; log decay and phase of Abar. Parameters are kept as log_A_real and A_imag throughout.
 */
enum { A_CONTINUOUS, A_FROZEN, A_DISCRETE, A_POLAR };

/** What the caller gives; `batch` samples at most at once, `steps` the longest sequence. */
typedef struct {
	int32_t heads, modes, layers, channels, classes;
	int32_t activation, pooling, norm;
	int32_t steps, batch, threads;
	double eps; // of the norms
} Shape;

/** Where a layer's parameters begin in the flat array; the shapes of FloatModel, in this order. */
typedef struct {
	int log_dt, log_a_real, a_imag, c_real, c_imag, d, output_weight, output_bias, norm_weight, norm_bias;
} LayerOffsets;

/** Coefficients of one layer as the passes read them; N is padded to P = PADDED(N), rows to PADDED(H). */
typedef struct {
	real *a_re, *a_im, *c_re, *c_im; // (H, P)
	real *d;                         // (H)
	real *output_forward;            // (H, J): the linear map, transposed, J = 2 PADDED(H): values, then gates
	real *output_backward;           // (J, PADDED(H))
	real *output_bias;               // (J)
	real *scale, *shift;             // (H): the norm as z = scale x + shift
	real *mean, *inverse_std;        // (H): xhat = (x - mean) inverse_std
	real *pivot;                     // (H): statistics are summed around it
	real *mean_dz, *mean_dz_xhat;    // (H): of the batch, for the norm's backward pass; 0 when its statistics are frozen
} LayerWeights;

typedef struct {
	real *encoder;      // (channels, PADDED(H))
	real *encoder_bias; // (PADDED(H))
	const double *decoder, *decoder_bias;
	LayerWeights *layers;
} Weights;

/** Gradient and statistics sums of one layer, a vector each, of one thread. */
typedef struct {
	vec *a_re, *a_im, *c_re, *c_im; // (H, P)
	vec *d;                         // (H)
	vec *output_weight;             // (PADDED(H), J)
	vec *output_bias;               // (J)
	vec *sum_x, *sum_xx;            // (H): of x - pivot, valid steps
	vec *sum_dz, *sum_dz_xhat;      // (H)
} LayerSums;

/** Everything that one thread adds up over its groups, and its scratch memory. */
typedef struct {
	vec *encoder; // (channels, PADDED(H))
	vec *encoder_bias;
	LayerSums *layers;
	vec *vectors; // all of the above, `vector_count` of them, in one piece
	double *decoder, *decoder_bias;
	double loss, weight;
	int correct;
	vec *activated, *slope; // (PADDED(H), STEPS)
	vec *mixed;             // (J, STEPS)
	vec *back;              // (PADDED(H), STEPS)
	vec *row;               // (STEPS)
	vec *history;           // (STEPS, 8)
} Thread;

/** LANES samples and all their activations. */
typedef struct {
	int32_t row[LANES]; // row of the data set, -1: no sample in this lane
	int length[LANES];  // 0: no sample
	int label[LANES];
	mask lengths;
	int blocks;       // of the longest sample
	vec *input;       // [block][channels][STEPS]
	vec **residual;   // per layer, its input: [block][PADDED(H)][STEPS]
	vec **state_out;  // per layer, y of the SSM: the same shape
	vec **checkpoint; // per layer, states before each block: [block][H][P / MODES][8]
	vec *kept;        // (layers, H): dropout factor, 0 or 1 / (1 - p), one a sample and head for all steps
	vec *pooled;      // (PADDED(H)): also its gradient, later
	vec *gradient;    // dL/dx of the residual stream: [block][PADDED(H)][STEPS]
	vec *gradient_z;  // dL/dz behind the norm of the layer above: the same shape
	vec *state;       // (H, P / MODES, 8): running state forward, adjoint backward
} Group;

typedef struct {
	Shape shape;
	int H, P, R, J; // heads, padded modes, padded rows, rows of the linear map
	int parameter_count;
	int encoder_weight, encoder_bias, decoder_weight, decoder_bias;
	LayerOffsets *offsets;
	double *parameters; // (parameter_count)
	double *gradient;   // (parameter_count)
	double *running_mean, *running_var; // (layers, H)
	double *input_mean, *input_std;     // (channels)
	Weights weights;
	Thread *threads;
	int vector_count;
	Group *groups;
	int group_count;
	struct Quantized *quantized; // quantized.h; NULL: the network computes in reals
} Network;

/** Allocates everything; NULL when memory is short. */
Network *network_open(const Shape *shape);
void network_close(Network *net);

/** Coefficients from parameters: zero-order hold, transposes, norms from running statistics. */
void network_expand(Network *net);

/** z = scale x + shift of layer `l` from these statistics (double, H each). */
void network_set_norm(Network *net, int l, const double *mean, const double *var);

/** Sums of all threads and lanes, in a fixed order, as the gradient of the parameters, those of A in the coordinates `a_form`. */
void network_collect_gradient(Network *net, int a_form);

/** Replaces log_A_real and A_imag by their coordinates in `a_form`; `phase` (layers, H, N) remembers angles beyond half a turn. */
void network_to_coordinates(Network *net, int a_form, double *phase);
/** And back. Abar that left the unit circle is put inside it. */
void network_from_coordinates(Network *net, int a_form, const double *phase);

/** Sum over threads and lanes of vector `offset` within Thread.vectors. */
double network_sum(const Network *net, long offset);

void thread_clear(Network *net, Thread *thread);

// forward.c
void group_load(const Network *net, Group *group, const float *values, const uint8_t *labels, const uint32_t *lengths);
void group_encode(const Network *net, Thread *thread, Group *group);
void layer_forward(const Network *net, Thread *thread, Group *group, int l);

// backward.c
void pooling_backward(const Network *net, Group *group);
void layer_backward(const Network *net, Thread *thread, Group *group, int l);
/** out = activation(y) kept[h] and slope = d out / dy, row by row. */
void activate_with_slope(const Network *net, const vec *y, const vec *kept, vec *out, vec *slope);
void encoder_backward(const Network *net, Thread *thread, Group *group);

// loss.c
/** What is minimized: the mean over samples, each counted by its class's weight. */
typedef struct {
	double smoothing;            // part of the target that is spread over all classes
	const double *class_weights; // (classes)
	double weight_sum;           // of the batch's samples
	const float *teacher;        // (rows of the data set, classes) logits; NULL: none
	double distill, temperature; // with a teacher
} Objective;

void group_loss(const Network *net, Thread *thread, Group *group, const Objective *objective, int train);
void group_logits(const Network *net, const Group *group, float *logits);

/** The mask of lanes whose sample has a step `t`. */
static inline mask valid_at(const Group *group, int t) { return (mask)(((mask){0} + t) < group->lengths); }

#endif
